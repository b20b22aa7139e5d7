"""The doorbells of the engine. They carry no job: rows are the queue, and the oldest is first."""

import structlog
from celery import shared_task
from django.conf import settings
from django.core.files.storage import default_storage

from generation import blobs
from generation.delivery import ring_render, ring_undelivered, ring_waiting
from generation.models import Job
from generation.render import render_next

log = structlog.get_logger(__name__)

# Rings per sweep. A ring that finds work rings again, so a few are enough to wake every worker.
SWEEP_RINGS = 8


@shared_task(acks_late=True, ignore_result=True)
def render() -> int:
    """Render one batch, and ring again while jobs wait. Returns how many jobs ended.

    One batch for each ring, so that a worker told to stop finishes what it does and no more.
    """
    ended = render_next()
    if Job.objects.claimable(Job.OPEN).exists():
        ring_render()
    return ended


@shared_task(acks_late=True, ignore_result=True)
def sweep() -> None:
    """Ring again for jobs whose ring was lost or whose worker died, before and after rendering."""
    ring_waiting(SWEEP_RINGS, expires=settings.SWEEP_SECONDS)
    ring_undelivered()


@shared_task(ignore_result=True)
def tidy() -> int:
    """Remove files that killed processes left half-written. Returns how many."""
    if not isinstance(default_storage, blobs.DurableFileSystemStorage):
        return 0
    removed = default_storage.sweep()
    if removed:
        log.info("half_written_files_removed", files=removed)
    return removed
