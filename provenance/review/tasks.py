"""The doorbell of second audits."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from provenance.review import audit_again as again
from provenance.review.models import SecondAudit

SWEEP_LIMIT = 20


@shared_task(ignore_result=True)
def audit_again(second_audit_id: str) -> None:
    again.audit_again(UUID(second_audit_id))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Ring again for second audits whose doorbell was lost or whose worker died."""
    waiting = SecondAudit.objects.claimable([SecondAudit.Status.WAITING]).order_by("created_at")
    for pk in waiting.values_list("pk", flat=True)[:SWEEP_LIMIT]:
        audit_again.apply_async(args=(str(pk),), expires=settings.SWEEP_SECONDS)
