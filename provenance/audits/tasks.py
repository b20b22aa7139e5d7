"""The clock's part: letters to artists."""

from celery import shared_task

from provenance.audits import digests


@shared_task(ignore_result=True)
def send_digests() -> None:
    digests.send_digests()
