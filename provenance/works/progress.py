"""How far a job and its versions are, read from their rows."""

from dataclasses import dataclass

from generation.models import Job
from provenance.works.models import Version


@dataclass(frozen=True)
class Progress:
    """How far a job and its versions are. ``phase`` is one of waiting, rendering, comparing, signing, ended."""

    phase: str
    step: int
    steps: int


def progress(job: Job) -> Progress:
    """What to show while waiting for *job* (its row is read anew)."""
    job.refresh_from_db()
    phase = "ended"
    if job.status == Job.Status.QUEUED:
        phase = "waiting"
    elif job.status == Job.Status.RUNNING:
        phase = "rendering"
    elif job.status == Job.Status.SUCCEEDED:
        statuses = set(Version.objects.filter(output__job=job).values_list("status", flat=True))
        if not statuses or Version.Status.RENDERED in statuses:
            phase = "comparing"
        elif Version.Status.AUDITED in statuses:
            phase = "signing"
    return Progress(phase=phase, step=job.step, steps=job.steps)
