"""A job has ended: make its work and one version for each image it returned."""

from uuid import UUID

from django.db import transaction

from generation.delivery import mark_delivered
from generation.models import Job
from provenance.ledger.append import append
from provenance.works.models import Version, Work


def receive(job_id: UUID) -> Work | None:
    """Turn the outputs of an ended job into a work's first versions, exactly once.

    Returns the work, or None when the job ended without images. Safe to run twice and in two
    processes: whoever marks the job delivered first does the work, in the same transaction.
    """
    job = Job.objects.get(pk=job_id)
    with transaction.atomic():
        if not mark_delivered(job.pk):
            return Work.objects.filter(job=job).first()
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
    return work


def title_from(prompt: str, limit: int = 80) -> str:
    """A first title: the prompt, cut at a word if it is long."""
    if len(prompt) <= limit:
        return prompt
    head, _space, _rest = prompt[: limit - 1].rpartition(" ")
    return f"{head or prompt[: limit - 1]}…"
