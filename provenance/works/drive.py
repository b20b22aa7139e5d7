"""Take a job to its end in this process, sharing the work with any worker that is also running."""

import time
from collections.abc import Callable
from uuid import UUID

from generation.models import Job
from generation.render import render_next
from provenance.works.audit_version import audit_version
from provenance.works.editing.compose import compose_version
from provenance.works.models import Version, Work
from provenance.works.progress import Progress, progress
from provenance.works.receive import receive
from provenance.works.seal import seal_version

PAUSE_SECONDS = 0.05


def drive(job_id: UUID, *, on_progress: Callable[[Progress], None] = lambda _: None) -> Work | None:
    """Run every stage of the job here, and wait for those another process holds.

    Returns the finished work, or None when the job failed or was cancelled.
    """
    job = Job.objects.get(pk=job_id)
    while progress(job).phase in ("waiting", "rendering"):
        on_progress(progress(job))
        if not render_next(only=job.pk, on_progress=lambda: on_progress(progress(job))):
            time.sleep(PAUSE_SECONDS)
    work = receive(job.pk)
    if work is None:
        return None
    while waiting := list(work.versions.filter(status__in=Version.OPEN)):
        on_progress(progress(job))
        moved = [_advance(version) for version in waiting]
        if not any(moved):
            time.sleep(PAUSE_SECONDS)
    on_progress(progress(job))
    return work


def _advance(version: Version) -> bool:
    if version.status == Version.Status.EDITED:
        return compose_version(version.pk)
    if version.status == Version.Status.RENDERED:
        return audit_version(version.pk)
    return seal_version(version.pk)
