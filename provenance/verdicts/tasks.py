"""The clock's part: judge again what was judged by another library or list."""

from celery import shared_task

from provenance.verdicts.judge import judge_again


@shared_task(ignore_result=True)
def judge_outdated() -> None:
    judge_again()
