"""Doorbells: rung after the commit, by the name on the row, and never in the way of the work."""

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from generation import tasks
from generation.cancel import cancel
from generation.delivery import RENDER_TASK, mark_delivered, ring, ring_undelivered, ring_waiting
from generation.models import Job
from generation.render import render_next
from tests.generation.conftest import MakeJob


class Bell:
    """A task that notes how it was rung."""

    def __init__(self) -> None:
        self.rings: list[tuple[tuple[str, ...], dict[str, Any]]] = []

    def apply_async(self, args: tuple[str, ...], **options: Any) -> None:
        self.rings.append((args, options))


class Broken:
    def apply_async(self, args: tuple[str, ...], **options: Any) -> None:
        raise ConnectionRefusedError("the broker is away")


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What stands in for the application's tasks."""
    bells: dict[str, Any] = {"generation.tasks.render": Bell(), "story.receive": Bell()}
    monkeypatch.setattr("generation.delivery.current_app", SimpleNamespace(tasks=bells))
    return bells


def test_the_tasks_are_where_the_settings_say(settings: Settings) -> None:
    sweep = settings.CELERY_BEAT_SCHEDULE["generation.tasks.sweep"]["task"]

    assert {RENDER_TASK, sweep} <= set(current_app.tasks)
    queues = [current_app.amqp.router.route({}, name)["queue"].name for name in (RENDER_TASK, sweep)]
    assert queues == ["gpu", "maintenance"]


@pytest.mark.parametrize("way", ["succeeded", "failed", "cancelled while waiting", "cancelled while running"])
def test_however_a_job_ends_its_receiver_is_rung_once(
    make_job: MakeJob,
    bells: dict[str, Any],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Settings,
    way: str,
) -> None:
    job = make_job(on_finish="story.receive")

    with django_capture_on_commit_callbacks(execute=True):
        if way == "cancelled while waiting":
            cancel(job)
        elif way == "cancelled while running":
            Job.objects.update(status="running", cancel_requested=True)
            render_next()
        elif way == "failed":
            Job.objects.update(attempts=settings.MAX_ATTEMPTS)
            render_next()
        else:
            render_next()
        assert bells["story.receive"].rings == []

    job.refresh_from_db()
    assert job.status == way.split()[0]
    assert bells["story.receive"].rings == [((str(job.pk),), {})]


@pytest.mark.django_db
def test_whoever_rings_waits_for_the_commit_and_never_for_the_broker(
    bells: dict[str, Any],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        ring("story.receive", "one")
        assert bells["story.receive"].rings == []
    assert bells["story.receive"].rings == [(("one",), {})]

    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("generation.broker._away_until", time.monotonic() + 60)
    with django_capture_on_commit_callbacks(execute=True):
        ring("story.receive", "two")
    assert len(bells["story.receive"].rings) == 1  # it was away a moment ago, and is not asked


def test_nobody_is_rung_for_a_job_that_names_nobody(
    make_job: MakeJob, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_job(on_finish="")

    with django_capture_on_commit_callbacks() as callbacks:
        render_next()

    assert callbacks == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_does_not_fail_the_request(make_job: MakeJob, bells: dict[str, Any]) -> None:
    bells["generation.tasks.render"] = Broken()

    assert make_job().status == "queued"


@pytest.mark.django_db(transaction=True)
def test_an_unknown_receiver_does_not_fail_the_job(make_job: MakeJob, bells: dict[str, Any]) -> None:
    job = make_job(on_finish="story.moved_away")

    assert render_next() == 1
    assert Job.objects.get(pk=job.pk).status == "succeeded"


def test_delivery_is_taken_once(make_job: MakeJob) -> None:
    job = make_job()
    assert not mark_delivered(job.pk)  # not before it has ended

    render_next()

    assert [mark_delivered(job.pk), mark_delivered(job.pk)] == [True, False]


def test_delivery_undone_with_its_transaction(make_job: MakeJob) -> None:
    job = make_job()
    render_next()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert mark_delivered(job.pk)
        raise ZeroDivisionError

    assert mark_delivered(job.pk)


def test_the_sweep_rings_for_what_waits_and_its_rings_expire(make_job: MakeJob, bells: dict[str, Any]) -> None:
    for _turn in range(3):
        make_job()
    running = make_job()
    Job.objects.filter(pk=running.pk).update(status="running", lease_until=timezone.now() + timedelta(hours=1))

    assert ring_waiting(10, expires=5.0) == 3
    assert ring_waiting(2, expires=5.0) == 2
    assert bells["generation.tasks.render"].rings == [((), {"expires": 5.0})] * 5


def test_the_sweep_rings_again_for_what_nobody_received(make_job: MakeJob, bells: dict[str, Any]) -> None:
    lost, received, silent, fresh, waiting = (
        make_job(on_finish="" if n == 2 else "story.receive", seed=n, steps=n + 1) for n in range(5)
    )
    for _turn in range(4):
        render_next()
    assert Job.objects.get(pk=waiting.pk).status == "queued"
    Job.objects.exclude(pk=fresh.pk).update(finished_at=timezone.now() - timedelta(minutes=1))
    mark_delivered(received.pk)

    assert ring_undelivered() == 1

    assert bells["story.receive"].rings == [((str(lost.pk),), {})]
    assert silent.on_finish == ""


def test_a_ring_that_finds_work_rings_again_while_there_is_more(
    make_job: MakeJob,
    bells: dict[str, Any],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Settings,
) -> None:
    settings.MAX_BATCH = 1
    make_job()
    make_job()

    with django_capture_on_commit_callbacks(execute=True):
        ended = [tasks.render(), tasks.render(), tasks.render()]

    assert ended == [1, 1, 0]
    assert len(bells["generation.tasks.render"].rings) == 1


def test_a_sweep_does_both(make_job: MakeJob, bells: dict[str, Any]) -> None:
    make_job(on_finish="story.receive")
    render_next()
    Job.objects.update(finished_at=timezone.now() - timedelta(minutes=1))
    make_job()

    tasks.sweep()

    assert len(bells["generation.tasks.render"].rings) == 1
    assert len(bells["story.receive"].rings) == 1
