"""The doorbells of the story. Each only says which row to look at; the row says what to do."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from provenance.works import receive as receiving
from provenance.works import thresholds
from provenance.works.audit_version import audit_version
from provenance.works.models import Version
from provenance.works.seal import seal_version
from provenance.works.stages import claimable

# Rings per stage and sweep: enough to wake every worker, few enough not to pile up behind a slow one.
SWEEP_LIMIT = 20


@shared_task(ignore_result=True)
def receive(job_id: str) -> None:
    """A job has ended: make its work, and ring for the audit of each version."""
    work = receiving.receive(UUID(job_id))
    if work is not None:
        for version_id in work.versions.filter(status=Version.Status.RENDERED).values_list("pk", flat=True):
            audit.delay(str(version_id))


@shared_task(ignore_result=True)
def audit(version_id: str) -> None:
    if audit_version(UUID(version_id)):
        seal.delay(version_id)


@shared_task(ignore_result=True)
def seal(version_id: str) -> None:
    seal_version(UUID(version_id))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Ring again for versions whose doorbell was lost or whose worker died."""
    for task, status in ((audit, Version.Status.RENDERED), (seal, Version.Status.AUDITED)):
        for version_id in claimable([status], SWEEP_LIMIT):
            task.apply_async(args=(str(version_id),), expires=settings.SWEEP_SECONDS)


@shared_task(ignore_result=True)
def note_thresholds() -> None:
    thresholds.note_thresholds()
