"""The clock's part: letters to artists; and the doorbell of set audits."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from provenance.audits import digests
from provenance.audits.judge_set import judge_set_audit
from provenance.audits.models import SetAudit

SWEEP_LIMIT = 20


@shared_task(ignore_result=True)
def send_digests() -> None:
    digests.send_digests()


@shared_task(ignore_result=True)
def judge_set(set_audit_id: str) -> None:
    judge_set_audit(UUID(set_audit_id))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Ring again for set audits whose doorbell was lost or whose worker died."""
    waiting = SetAudit.objects.claimable([SetAudit.Status.WAITING]).order_by("created_at")
    for pk in waiting.values_list("pk", flat=True)[:SWEEP_LIMIT]:
        judge_set.apply_async(args=(str(pk),), expires=settings.SWEEP_SECONDS)
