"""The doorbell of reports."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from provenance.reports import ask
from provenance.reports.make import make_report
from provenance.reports.models import Report

SWEEP_LIMIT = 20


@shared_task(ignore_result=True)
def make(report_id: str) -> None:
    make_report(UUID(report_id))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Ring again for reports whose doorbell was lost or whose worker died."""
    waiting = Report.objects.claimable([Report.Status.WAITING]).order_by("created_at")
    for pk in waiting.values_list("pk", flat=True)[:SWEEP_LIMIT]:
        make.apply_async(args=(str(pk),), expires=settings.SWEEP_SECONDS)


@shared_task(ignore_result=True)
def tidy() -> None:
    ask.tidy()
