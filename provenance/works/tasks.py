"""The doorbells of the story. Each only says which row to look at; the row says what to do."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from provenance.works import receive as receiving
from provenance.works import thresholds, timestamps
from provenance.works.audit_version import audit_version
from provenance.works.editing import model_steps
from provenance.works.editing.compose import compose_version
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
def receive_step(job_id: str) -> None:
    """A job has ended that was a step of a sitting: give it its picture."""
    model_steps.receive_step(UUID(job_id))


@shared_task(ignore_result=True)
def compose(version_id: str) -> None:
    """Put an edited version's picture together, and ring for its audit."""
    if compose_version(UUID(version_id)):
        audit.delay(version_id)


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
    for task, status in (
        (compose, Version.Status.EDITED),
        (audit, Version.Status.RENDERED),
        (seal, Version.Status.AUDITED),
    ):
        for version_id in claimable([status], SWEEP_LIMIT):
            task.apply_async(args=(str(version_id),), expires=settings.SWEEP_SECONDS)


@shared_task(ignore_result=True)
def add_timestamps() -> None:
    """Ask the timestamp authority again for files that were signed while it did not answer."""
    timestamps.add_timestamps()


@shared_task(ignore_result=True)
def note_thresholds() -> None:
    thresholds.note_thresholds()
