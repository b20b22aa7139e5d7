"""The ways a job ends, each written once and only by whoever holds the job."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import asdict

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generation import stored_files
from generation.delivery import ring_finished
from generation.engines.base import Identity, Rendered
from generation.models import Job, ModelPassport, Output

log = structlog.get_logger(__name__)


class _Fenced(Exception):
    """The job is no longer ours to end; undoes the transaction."""


def succeed(job: Job, *, owner: str, identity: Identity, pictures: Sequence[Rendered]) -> bool:
    """Store the pictures and end the job, all or nothing. Returns whether this call ended it.

    A job whose cancellation was requested first ends as cancelled, without Outputs. Raises
    ``GenerationError`` (``disk_full``, passing) when the store has no room.
    """
    stored = [_store(picture, owner_id=job.owner_id) for picture in pictures]
    try:
        with transaction.atomic():
            passport = passport_row(identity)
            ours = Job.objects.filter(cancel_requested=False)
            if not ours.finish(
                job.pk,
                owner=owner,
                status=Job.Status.SUCCEEDED,
                step=job.steps,
                passport=passport,
                error_code="",
                error="",
                finished_at=timezone.now(),
            ):
                raise _Fenced
            Output.objects.bulk_create(
                Output(
                    job=job,
                    position=position,
                    seed=str(job.seed_of(position)),
                    sha256=sha256,
                    blob=key,
                    width=picture.image.width,
                    height=picture.image.height,
                    batch_size=picture.batch_size,
                    dtype=picture.dtype,
                    device=picture.device,
                    software=picture.software,
                    seconds=picture.seconds,
                )
                for position, (picture, (key, sha256)) in enumerate(zip(pictures, stored, strict=True))
            )
            ring_finished(job)
    except _Fenced:
        return end_cancelled(job, owner=owner)
    log.info("job_succeeded", pictures=len(pictures))
    return True


def _store(picture: Rendered, *, owner_id: int) -> tuple[str, str]:
    """Key and SHA-256 of the picture as PNG, without any metadata."""
    buffer = io.BytesIO()
    picture.image.save(buffer, "PNG")
    key = stored_files.keep(buffer.getvalue(), "png", owner_id=owner_id)
    return key, hashlib.sha256(buffer.getvalue()).hexdigest()


def passport_row(identity: Identity) -> ModelPassport:
    """The row of this very model: made on first use, shared by all its jobs."""
    facts = asdict(identity)
    unique = {
        name: facts.pop(name) for name in ("name", "source", "revision", "weights_sha256", "pipeline", "scheduler")
    }
    passport, _created = ModelPassport.objects.get_or_create(**unique, defaults=facts)
    if identity.trained_on_artists and not passport.trained_on_artists:  # a row from before passports listed them
        passport.trained_on_artists = list(identity.trained_on_artists)
        passport.save(update_fields=["trained_on_artists"])
    return passport


def fail(job: Job, *, owner: str, code: str, sentence: str) -> bool:
    """End the job with an error a person can act on."""
    with transaction.atomic():
        ended = Job.objects.finish(
            job.pk,
            owner=owner,
            status=Job.Status.FAILED,
            error_code=code,
            error=sentence,
            finished_at=timezone.now(),
        )
        if ended:
            log.error("job_failed", code=code, error=sentence)
            ring_finished(job)
    return ended


def end_cancelled(job: Job, *, owner: str) -> bool:
    """End the job as cancelled, if that was asked for."""
    with transaction.atomic():
        ended = Job.objects.filter(cancel_requested=True).finish(
            job.pk, owner=owner, status=Job.Status.CANCELLED, finished_at=timezone.now()
        )
        if ended:
            log.info("job_cancelled")
            ring_finished(job)
    return ended


def give_back(job: Job, *, owner: str, counted: bool) -> bool:
    """Put the job back among the waiting ones, to be claimed at once.

    *counted* tells whether the attempt was the job's own: a worker that is told to stop is not.
    """
    changes = {} if counted else {"attempts": F("attempts") - 1}
    held = Job.objects.filter(pk=job.pk, lease_owner=owner)
    return held.update(status=Job.Status.QUEUED, step=0, lease_owner="", lease_until=None, **changes) == 1
