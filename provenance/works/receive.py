"""A job has ended: make its work and one version for each image it returned."""

from uuid import UUID

import structlog
from django.db import transaction

from generation.delivery import mark_delivered
from generation.models import Job
from provenance.ledger.append import append
from provenance.works.models import Version, Work

log = structlog.get_logger(__name__)


def receive(job_id: UUID) -> Work | None:
    """Turn the outputs of an ended job into a work's first versions, exactly once.

    Returns the work, or None when the job ended without images. Safe to run twice and in two
    processes: whoever marks the job delivered first does the work, in the same transaction.
    """
    with transaction.atomic():
        if not mark_delivered(job_id):
            return Work.objects.filter(job=job_id).first()
        # Read after it was marked, so that the row says how the job ended, not how it stood a moment before.
        job = Job.objects.select_related("owner").get(pk=job_id)
        if job.status != Job.Status.SUCCEEDED:
            append(
                key=f"job-ended:{job.pk}",
                kind=f"job.{job.status}",
                subject=job.pk,
                actor=job.owner.get_username(),
                payload={"code": job.error_code},
            )
            return None
        work = Work.objects.create(owner_id=job.owner_id, title=title_from(job.prompt), job=job)
        outputs = list(job.outputs.order_by("position"))
        for number, output in enumerate(outputs, start=1):
            Version.objects.create(work=work, number=number, output=output, width=output.width, height=output.height)
        append(
            key=f"job-ended:{job.pk}",
            kind="job.succeeded",
            subject=job.pk,
            actor=job.owner.get_username(),
            payload={"work": str(work.pk), "outputs": [output.sha256 for output in outputs]},
        )
    log.info("job_received", job_id=str(job.pk), work_id=str(work.pk), versions=len(outputs))
    return work


def title_from(prompt: str, limit: int = 80) -> str:
    """A first title: the prompt, cut at a word if it is long."""
    if len(prompt) <= limit:
        return prompt
    head, _space, _rest = prompt[: limit - 1].rpartition(" ")
    return f"{head or prompt[: limit - 1]}…"
