"""Render what waits: claim the oldest job, fill the batch with others like it, store the pictures."""

import math
from collections.abc import Callable, Iterator
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.endings import end_cancelled, fail, give_back, succeed
from generation.engines.base import Engine, PictureRequest, Rendered, RenderSpec
from generation.engines.loaded import engine_for
from generation.errors import Cancelled, GenerationError
from generation.heartbeat import Heartbeat
from generation.leases import new_owner
from generation.model_folder import passport_of
from generation.models import Job
from generation.policy import check_job
from generation.repaint import Beginning, beginning_of, finished, working_size
from generation.stored_files import require_room

log = structlog.get_logger(__name__)

# How many of the oldest waiting jobs are tried before the rest is left to the workers that took them.
CANDIDATES = 20


def render_next(*, only: UUID | None = None, on_progress: Callable[[], None] = lambda: None) -> int:
    """Claim and render the oldest waiting job, with others like it. Returns how many jobs it ended.

    With *only*, that job and no other. Zero means there was nothing to claim, or that what was
    claimed has been given back to be tried again later. What goes wrong with a job ends up on its
    row; only what is wrong with the database, or the end of the process, is raised. *on_progress*
    is called now and then while it goes on, when the rows say how far it is.
    """
    owner = new_owner()
    job = _claim_oldest(owner=owner, only=only)
    if job is None:
        return 0
    with structlog.contextvars.bound_contextvars(job_id=str(job.pk), attempt=job.attempts):
        if job.cancel_requested:
            return int(end_cancelled(job, owner=owner))
        if job.attempts > settings.MAX_ATTEMPTS:
            return int(_give_up(job, owner=owner))
        with Heartbeat(owner=owner, jobs=[job], on_progress=on_progress) as heartbeat:
            try:
                engine = engine_for(job.model)
                if only is None and job.attempts == 1:
                    _fill(heartbeat, job)
                _turn_away(heartbeat)
                if heartbeat.held:
                    _render(heartbeat, engine)
            except Cancelled:
                pass
            except Exception as error:
                _settle(heartbeat, error)
            except BaseException:
                # The worker is told to stop: not the jobs' fault, and no reason to let them wait.
                for held in heartbeat.held.values():
                    give_back(held, owner=owner, counted=False)
                raise
        return heartbeat.ended


def _claim_oldest(*, owner: str, only: UUID | None) -> Job | None:
    waiting = Job.objects.claimable(Job.OPEN).order_by("created_at", "id")
    if only is not None:
        waiting = waiting.filter(pk=only)
    for pk in list(waiting.values_list("pk", flat=True)[:CANDIDATES]):
        if _claim(pk, owner=owner):
            return Job.objects.get(pk=pk)
    return None


def _claim(pk: UUID, *, owner: str) -> bool:
    return Job.objects.claim(
        pk, owner=owner, statuses=Job.OPEN, status=Job.Status.RUNNING, started_at=timezone.now(), step=0
    )


def _fill(heartbeat: Heartbeat, first: Job) -> None:
    """Claim other waiting jobs that fit into what is left of *first*'s last batch.

    Only jobs on their first attempt share a batch: one that fails, or takes its worker with it,
    is then tried alone and harms no other twice.
    """
    room = -first.count % settings.MAX_BATCH
    others = Job.objects.claimable([Job.Status.QUEUED]).filter(attempts=0, cancel_requested=False)
    similar = others.filter(**first.compatible()).order_by("created_at", "id")
    for pk, count in list(similar.values_list("pk", "count")[:CANDIDATES]) if room else ():
        if count <= room and _claim(pk, owner=heartbeat.owner):
            heartbeat.held[pk] = Job.objects.get(pk=pk)
            room -= count


def _turn_away(heartbeat: Heartbeat) -> None:
    """End the held jobs that are refused by now, though they were not when they were asked for."""
    for job in list(heartbeat.held.values()):
        try:
            check_job(job)
            require_room(job.owner_id, refuse=GenerationError)
        except GenerationError as error:
            if not error.permanent:
                raise
            log.warning("job_refused", job_id=str(job.pk), code=error.code)
            heartbeat.ended += fail(job, owner=heartbeat.owner, code=error.code, sentence=error.message)
            del heartbeat.held[job.pk]


def _render(heartbeat: Heartbeat, engine: Engine) -> None:
    """Render every held job's pictures, batch by batch, and end each job with its last picture."""
    jobs = list(heartbeat.held.values())
    done: dict[UUID, list[Rendered]] = {job.pk: [] for job in jobs}
    spec = _spec(jobs[0])
    begun = {job.pk: beginning_of(job) for job in jobs}
    size = settings.MAX_BATCH
    while batch := list(_missing(heartbeat, done))[:size]:
        share = {job.pk: sum(other is job for other, _position in batch) for job, _position in batch}

        def on_step(step: int, share: dict[UUID, int] = share) -> None:
            heartbeat.step(
                {
                    pk: (len(done[pk]) * spec.steps + share.get(pk, 0) * min(step, spec.steps)) // job.count
                    for pk, job in heartbeat.held.items()
                }
            )

        requests = [_request(job, position, spec, begun[job.pk]) for job, position in batch]
        try:
            pictures = engine.render(requests, spec, on_step=on_step)
        except GenerationError as error:
            if error.code != "out_of_memory" or len(batch) == 1:
                raise
            size = max(1, len(batch) // 2)
            log.warning("batch_halved", size=size)
            continue
        for (job, _position), picture in zip(batch, pictures, strict=True):
            done[job.pk].append(finished(picture, begun[job.pk]))
        for job in [job for job in heartbeat.held.values() if len(done[job.pk]) == job.count]:
            _end(heartbeat, job, engine, done[job.pk])


def _spec(job: Job) -> RenderSpec:
    width, height = job.width, job.height
    if job.operation != Job.Operation.TEXT_TO_IMAGE:
        passport = passport_of(job.model)
        width, height = working_size(
            width, height, native=passport.native_size, multiple=math.lcm(8, passport.size_multiple or 1)
        )
    return RenderSpec(
        width=width,
        height=height,
        steps=job.steps,
        guidance=job.guidance,
        operation=job.operation,
        strength=1.0 if job.strength is None else job.strength,
    )


def _request(job: Job, position: int, spec: RenderSpec, begun: Beginning | None) -> PictureRequest:
    source, mask = begun.at((spec.width, spec.height)) if begun else (None, None)
    return PictureRequest(
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        seed=job.seed_of(position),
        source=source,
        mask=mask,
    )


def _missing(heartbeat: Heartbeat, done: dict[UUID, list[Rendered]]) -> Iterator[tuple[Job, int]]:
    """The pictures still to be made for the jobs still held: each job and position."""
    for job in heartbeat.held.values():
        for position in range(len(done[job.pk]), job.count):
            yield job, position


def _end(heartbeat: Heartbeat, job: Job, engine: Engine, pictures: list[Rendered]) -> None:
    with structlog.contextvars.bound_contextvars(job_id=str(job.pk)):
        if any(picture.refused for picture in pictures):
            ended = fail(
                job,
                owner=heartbeat.owner,
                code="refused_by_safety_checker",
                sentence=_("The model's own safety checker refused a picture. Change the prompt or the seed."),
            )
        else:
            ended = succeed(job, owner=heartbeat.owner, identity=engine.identity, pictures=pictures)
        heartbeat.ended += ended
        del heartbeat.held[job.pk]
        if not ended:
            log.warning("lease_lost")


def _settle(heartbeat: Heartbeat, error: Exception) -> None:
    """What an error means for the jobs held: the end, another try, or a try apart from each other."""
    log.warning("render_failed", jobs=[str(pk) for pk in heartbeat.held], exc_info=error)
    owner = heartbeat.owner
    known = isinstance(error, GenerationError)
    code = error.code if isinstance(error, GenerationError) else "gave_up"
    # The words of an error we did not foresee may hold anything (paths, say): they go to the log only.
    sentence = (
        error.message
        if isinstance(error, GenerationError)
        else _("Something unforeseen went wrong while rendering (%(kind)s).") % {"kind": type(error).__name__}
    )
    if len(heartbeat.held) > 1:
        for job in heartbeat.held.values():
            give_back(job, owner=owner, counted=True)
        return
    for job in heartbeat.held.values():
        if isinstance(error, GenerationError) and error.permanent:
            heartbeat.ended += fail(job, owner=owner, code=code, sentence=sentence)
        elif job.attempts < settings.MAX_ATTEMPTS:
            Job.objects.retry_later(
                job.pk,
                owner=owner,
                attempts=job.attempts,
                status=Job.Status.QUEUED,
                step=0,
                error_code=code if known else "internal_error",
                error=sentence,
            )
        elif known:
            heartbeat.ended += fail(job, owner=owner, code=code, sentence=sentence)
        else:
            job.error = sentence
            heartbeat.ended += _give_up(job, owner=owner)


def _give_up(job: Job, *, owner: str) -> bool:
    """End a job that was tried too often, with what is known of the last time."""
    sentence = _("Rendering was tried %(times)d times without success.") % {"times": settings.MAX_ATTEMPTS}
    last = job.error or _("The worker stopped without a word each time.")
    return fail(job, owner=owner, code="gave_up", sentence=f"{sentence} {last}")
