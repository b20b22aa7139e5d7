"""A job has ended: make its work and one version for each image it returned."""

from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext

from generation.delivery import mark_delivered
from generation.models import Job
from provenance.ledger.append import append
from provenance.works.models import Version, Work

log = structlog.get_logger(__name__)

# Endings that are a refusal of what was asked, not a mishap.
REFUSALS = frozenset({"refused_by_safety_checker"})


def receive(job_id: UUID) -> Work | None:
    """Turn the outputs of an ended job into a work's first versions, exactly once.

    Returns the work, or None when the job ended without images. Safe to run twice and in two
    processes: whoever marks the job delivered first does the work, in the same transaction.
    """
    with transaction.atomic():
        if not mark_delivered(job_id):
            return Work.objects.filter(job=job_id).first()
        # Read after it was marked, so that the row says how the job ended, not how it stood a moment before.
        job = Job.objects.select_related("owner", "passport").get(pk=job_id)
        record_request(job)
        if job.status != Job.Status.SUCCEEDED:
            append(
                key=f"job-ended:{job.pk}",
                kind=f"job.{job.status}",
                subject=job.pk,
                payload={"code": job.error_code, "refused": job.error_code in REFUSALS},
            )
            return None
        work = Work.objects.create(owner_id=job.owner_id, title=title_of(job), job=job)
        outputs = list(job.outputs.order_by("position"))
        for number, output in enumerate(outputs, start=1):
            Version.objects.create(work=work, number=number, output=output, width=output.width, height=output.height)
        append(
            key=f"job-ended:{job.pk}",
            kind="job.succeeded",
            subject=job.pk,
            payload={
                "work": str(work.pk),
                "weights": job.passport.weights_sha256 if job.passport else "",
                # Every picture that was rendered, whether it is ever chosen or not.
                "outputs": [{"sha256": output.sha256, "seed": output.seed} for output in outputs],
            },
        )
    log.info("job_received", job_id=str(job.pk), work_id=str(work.pk), versions=len(outputs))
    return work


def record_request(job: Job) -> None:
    """Who asked for what. The engine knows nothing of the ledger, so it is told when the job has ended."""
    append(
        key=f"job-requested:{job.pk}",
        kind="job.requested",
        subject=job.pk,
        actor=job.owner,
        payload={
            "asked_at": job.created_at.isoformat(timespec="microseconds"),
            "model": job.model,
            "count": job.count,
            "width": job.width,
            "height": job.height,
            "steps": job.steps,
            "guidance": job.guidance,
            "seed": job.seed,
        },
        personal={"prompt": job.prompt, "negative_prompt": job.negative_prompt},
    )


def title_of(job: Job) -> str:
    """A first title; of a private prompt it tells nothing, because titles stand in the file."""
    return gettext("Untitled") if job.private_prompt else title_from(job.prompt)


def title_from(prompt: str, limit: int = 80) -> str:
    """A first title: the prompt, cut at a word if it is long."""
    if len(prompt) <= limit:
        return prompt
    head, _space, _rest = prompt[: limit - 1].rpartition(" ")
    return f"{head or prompt[: limit - 1]}…"
