"""Rendering: what a claimed job becomes, alone and beside others, and how each failure ends."""

import errno
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from generation import blobs
from generation.cancel import cancel
from generation.endings import passport_row
from generation.engines import loaded
from generation.engines.base import PictureRequest, Rendered, RenderSpec
from generation.errors import GenerationError
from generation.leases import new_owner
from generation.models import Job, ModelPassport, Output
from generation.render import render_next
from tests.fakes import FakeEngine
from tests.generation.conftest import MakeJob


class ScriptedEngine(FakeEngine):
    """Notes its batches, and does at each call what the test says."""

    batches: list[list[int]] = []
    before: Callable[[Sequence[PictureRequest]], None] = staticmethod(lambda requests: None)
    at_step: Callable[[int], None] = staticmethod(lambda step: None)

    def render(
        self, requests: Sequence[PictureRequest], spec: RenderSpec, *, on_step: Callable[[int], None]
    ) -> list[Rendered]:
        type(self).batches.append([request.seed for request in requests])
        type(self).before(requests)

        def step(done: int) -> None:
            type(self).at_step(done)
            on_step(done)

        return super().render(requests, spec, on_step=step)


@pytest.fixture
def engine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> type[ScriptedEngine]:
    class Engine(ScriptedEngine):
        batches: list[list[int]] = []

    settings.ENGINE = "engine of this test"
    monkeypatch.setitem(loaded._engines, (settings.ENGINE, settings.MODELS[0]), Engine(settings.MODELS[0]))
    monkeypatch.setattr("generation.heartbeat.WRITE_SECONDS", 0.0)
    return Engine


def again(job: Job) -> Job:
    """Let the back-off pass."""
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    job.refresh_from_db()
    return job


def test_nothing_waits(db: None) -> None:
    assert render_next() == 0


def test_a_job_becomes_its_outputs(make_job: MakeJob) -> None:
    job = make_job(count=3, seed=2**64 - 2)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.step, job.attempts, job.lease_owner, job.lease_until) == ("succeeded", 2, 0, "", None)
    assert job.passport == ModelPassport.objects.get()
    outputs = list(job.outputs.all())
    assert [output.position for output in outputs] == [0, 1, 2]
    assert [output.seed for output in outputs] == ["18446744073709551614", "18446744073709551615", "0"]
    assert all(blobs.get(output.blob).startswith(b"\x89PNG") for output in outputs)
    assert len({output.sha256 for output in outputs}) == 3


def test_the_stored_png_says_nothing_by_itself(make_job: MakeJob) -> None:
    """Credentials and marks are the story's to write: chunks are header, pixels and end only."""
    make_job()
    render_next()

    data = blobs.get(Output.objects.get().blob)

    assert [name for name in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME", b"caBX") if name in data] == []


def test_one_passport_for_all_jobs_of_a_model(make_job: MakeJob) -> None:
    make_job()
    make_job()

    assert render_next() == 2
    assert ModelPassport.objects.count() == 1


def test_a_passport_from_before_says_whose_works_it_learnt_from(db: None) -> None:
    identity = replace(FakeEngine("fake").identity, trained_on_artists=("ada", "bo"))
    row = passport_row(replace(identity, trained_on_artists=()))
    assert not row.trained_on_artists
    assert passport_row(identity).pk == row.pk
    row.refresh_from_db()
    assert row.trained_on_artists == ["ada", "bo"]


def test_the_oldest_is_first(make_job: MakeJob, engine: type[ScriptedEngine], settings: Settings) -> None:
    settings.MAX_BATCH = 1
    for seed in (1, 2, 3):
        make_job(seed=seed)

    assert [render_next() for _turn in range(4)] == [1, 1, 1, 0]
    assert engine.batches == [[1], [2], [3]]


def test_similar_jobs_share_a_batch(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    jobs = [make_job(seed=1), make_job(seed=2, steps=3), make_job(seed=3, count=3), make_job(seed=9)]

    assert render_next() == 2

    assert engine.batches == [[1, 3, 4, 5]]
    assert [Job.objects.get(pk=job.pk).status for job in jobs] == ["succeeded", "queued", "succeeded", "queued"]
    assert [Job.objects.get(pk=job.pk).attempts for job in jobs] == [0, 0, 0, 0]


def test_a_large_job_is_rendered_in_several_batches_and_the_last_is_filled(
    make_job: MakeJob, engine: type[ScriptedEngine]
) -> None:
    large, small = make_job(seed=10, count=6), make_job(seed=1, count=2)

    assert render_next() == 2

    assert engine.batches == [[10, 11, 12, 13], [14, 15, 1, 2]]
    assert [output.seed for output in large.outputs.all()] == ["10", "11", "12", "13", "14", "15"]
    assert [output.seed for output in small.outputs.all()] == ["1", "2"]


def test_progress_counts_towards_the_whole_job(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    job = make_job(count=8, steps=4)
    seen: list[int] = []
    engine.at_step = staticmethod(lambda step: seen.append(Job.objects.get(pk=job.pk).step))

    render_next()

    assert seen == [0, 0, 1, 1, 2, 2, 3, 3]  # as it stood when each step had been made, before it was told


def test_only_the_job_asked_for(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    make_job(seed=1)
    second = make_job(seed=2)

    assert render_next(only=second.pk) == 1
    assert render_next(only=second.pk) == 0
    assert engine.batches == [[2]]


def test_one_cancelled_job_does_not_cost_the_others_their_pictures(
    make_job: MakeJob, engine: type[ScriptedEngine]
) -> None:
    first, second = make_job(seed=1), make_job(seed=2)

    def at_step(step: int) -> None:
        if step == 1:
            cancel(first)

    engine.at_step = staticmethod(at_step)

    assert render_next() == 2

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.outputs.count()) == ("cancelled", 0)
    assert (second.status, second.outputs.count()) == ("succeeded", 1)


def test_a_cancelled_job_stops_between_steps(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    job = make_job(steps=50)
    made: list[int] = []

    def at_step(step: int) -> None:
        made.append(step)
        if step == 3:
            cancel(job)

    engine.at_step = staticmethod(at_step)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, made, Output.objects.count()) == ("cancelled", [1, 2, 3], 0)


def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    job = make_job(steps=50)
    made: list[int] = []

    def at_step(step: int) -> None:
        made.append(step)
        Job.objects.filter(pk=job.pk).update(lease_owner="another worker")

    engine.at_step = staticmethod(at_step)

    assert render_next() == 0

    job.refresh_from_db()
    assert (job.status, job.lease_owner, made) == ("running", "another worker", [1])
    assert (Output.objects.count(), ModelPassport.objects.count()) == (0, 0)


def test_the_end_is_fenced(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a lease lost after the last step: not one Output, not even a passport."""
    job = make_job(count=2)

    def taken_meanwhile(data: bytes, suffix: str) -> str:
        Job.objects.filter(pk=job.pk).update(lease_owner="another worker")
        return "blob"

    monkeypatch.setattr("generation.blobs.put", taken_meanwhile)

    assert render_next() == 0

    job.refresh_from_db()
    assert (job.status, job.lease_owner) == ("running", "another worker")
    assert (Output.objects.count(), ModelPassport.objects.count()) == (0, 0)


def test_a_lease_that_ran_out_is_taken_over(make_job: MakeJob) -> None:
    job = make_job()
    Job.objects.claim(job.pk, owner=new_owner(), statuses=Job.OPEN, status=Job.Status.RUNNING)
    assert render_next() == 0
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.outputs.count()) == ("succeeded", 1)


def fails_with(error: BaseException) -> Callable[[Sequence[PictureRequest]], None]:
    def before(requests: Sequence[PictureRequest]) -> None:
        raise error

    return staticmethod(before)


def test_a_permanent_error_ends_the_job_at_once(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    job = make_job()
    engine.before = fails_with(GenerationError("bad_size", "This size cannot be made."))

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.error_code, job.error) == ("failed", "bad_size", "This size cannot be made.")
    assert job.finished_at is not None
    assert Output.objects.count() == 0


def test_a_passing_error_is_tried_again_later_and_forgotten(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    job = make_job()
    engine.before = fails_with(ConnectionResetError("the address of a machine"))

    assert render_next() == 0

    job.refresh_from_db()
    assert (job.status, job.attempts, job.lease_owner, job.error_code) == ("queued", 1, "", "internal_error")
    assert job.lease_until is not None
    assert job.lease_until > timezone.now()
    assert "address" not in job.error
    assert render_next() == 0  # not before the back-off has passed

    engine.before = staticmethod(lambda requests: None)
    again(job)
    assert render_next() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error) == ("succeeded", "", "")


def test_a_passing_error_that_does_not_pass(
    make_job: MakeJob, engine: type[ScriptedEngine], settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = 3
    job = make_job()
    engine.before = fails_with(ConnectionResetError())

    assert [render_next() + 0 * len(str(again(job))) for _turn in range(4)] == [0, 0, 1, 0]

    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "gave_up")
    assert job.error == (
        "Rendering was tried 3 times without success. "
        "Something unforeseen went wrong while rendering (ConnectionResetError)."
    )


def test_a_job_that_kills_its_worker_each_time(make_job: MakeJob, settings: Settings) -> None:
    job = make_job()
    Job.objects.update(status="running", attempts=settings.MAX_ATTEMPTS, lease_owner="a dead worker", lease_until=None)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.error_code, Output.objects.count()) == ("failed", "gave_up", 0)
    assert "tried 5 times" in job.error


def test_jobs_that_fail_together_are_tried_apart(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    def before(requests: Sequence[PictureRequest]) -> None:
        if any(request.prompt == "poison" for request in requests):
            raise GenerationError("bad_prompt", "This prompt cannot be read.")

    engine.before = staticmethod(before)
    good, bad = make_job(seed=1), make_job(seed=2, prompt="poison")

    assert [render_next() for _turn in range(4)] == [0, 1, 1, 0]

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.status, bad.status) == ("succeeded", "failed")
    assert engine.batches == [[1, 2], [1], [2]]


def test_a_batch_too_large_for_the_memory_is_halved(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    def before(requests: Sequence[PictureRequest]) -> None:
        if len(requests) > 1:
            raise GenerationError("out_of_memory", "Too little memory.")

    engine.before = staticmethod(before)
    job = make_job(seed=1, count=3)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.outputs.count()) == ("succeeded", 3)
    assert engine.batches == [[1, 2, 3], [1], [2], [3]]


def test_one_picture_too_large_for_the_memory(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    job = make_job(count=2)
    engine.before = fails_with(GenerationError("out_of_memory", "Too little memory."))

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "out_of_memory")


def test_a_refused_picture_fails_its_own_job_only(
    make_job: MakeJob, engine: type[ScriptedEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_job(seed=1), make_job(seed=2)
    render = engine.render

    def refuse_first(self: ScriptedEngine, *args: Any, **kwargs: Any) -> list[Rendered]:
        pictures = render(self, *args, **kwargs)
        return [replace(pictures[0], refused=True), *pictures[1:]]

    monkeypatch.setattr(engine, "render", refuse_first)

    assert render_next() == 2

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.error_code, first.outputs.count()) == ("failed", "refused_by_safety_checker", 0)
    assert second.status == "succeeded"


def test_a_full_disk_is_waited_for_and_then_named(
    make_job: MakeJob, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 2
    job = make_job(seed="74205198")  # a picture that is not in the store yet

    def full(storage: object, name: str, content: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("generation.blobs.DurableFileSystemStorage._save", full)

    assert render_next() == 0
    assert again(job).status == "queued"
    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.error_code, Output.objects.count()) == ("failed", "disk_full", 0)
    assert "room" in job.error


def test_a_model_that_is_not_there(creator: User, make_job: MakeJob, settings: Settings) -> None:
    settings.ENGINE = "generation.engines.diffusers_engine.DiffusersEngine"
    settings.MODEL_ALIASES = {settings.MODELS[0]: "/nowhere"}
    pytest.importorskip("torch")
    job = make_job()

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "model_not_found")
    assert "/nowhere" not in job.error


def test_a_worker_told_to_stop_gives_its_jobs_back_at_once(make_job: MakeJob, engine: type[ScriptedEngine]) -> None:
    jobs = [make_job(seed=1), make_job(seed=2)]
    engine.before = fails_with(SystemExit())

    with pytest.raises(SystemExit):
        render_next()

    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.attempts, job.lease_owner, job.lease_until) == ("queued", 0, "", None)
