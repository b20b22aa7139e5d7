"""Leases while work goes on: kept, lost, and given up by a process that hangs."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from generation import heartbeat as module
from generation.errors import Cancelled
from generation.heartbeat import Heartbeat
from generation.leases import new_owner
from generation.models import Job
from tests.generation.conftest import MakeJob


def held(job: Job) -> Heartbeat:
    owner = new_owner()
    assert Job.objects.claim(job.pk, owner=owner, statuses=Job.OPEN, status=Job.Status.RUNNING)
    return Heartbeat(owner=owner, jobs=[job])


def test_progress_is_written_at_most_every_quarter_second(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(steps=100)
    clock = [100.0]
    monkeypatch.setattr("generation.heartbeat.time.monotonic", lambda: clock[0])
    heart = held(job)
    written = []

    for step in range(1, 9):
        clock[0] += 0.1
        heart.step({job.pk: step})
        written.append(Job.objects.get(pk=job.pk).step)

    assert written == [0, 0, 3, 3, 3, 6, 6, 6]


def test_a_step_extends_the_lease(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_SECONDS", 0.0)
    job = make_job()
    heart = held(job)
    Job.objects.update(lease_until=timezone.now() + timedelta(seconds=1))

    heart.step({job.pk: 1})

    lease = Job.objects.get(pk=job.pk).lease_until
    assert lease is not None
    assert lease > timezone.now() + timedelta(seconds=30)


def test_a_lost_lease_ends_the_work(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_SECONDS", 0.0)
    job = make_job()
    heart = held(job)
    Job.objects.update(lease_owner="another worker")

    with pytest.raises(Cancelled):
        heart.step({job.pk: 1})

    assert Job.objects.get(pk=job.pk).step == 0
    assert heart.ended == 0


def test_a_database_that_is_away_for_a_moment_stops_nothing(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_SECONDS", 0.0)
    job = make_job()
    heart = held(job)

    def away(self: Heartbeat, done: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as moment:
        moment.setattr(Heartbeat, "_write", away)
        heart.step({job.pk: 1})
    heart.step({job.pk: 2})

    assert Job.objects.get(pk=job.pk).step == 2


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_kept_while_a_model_loads(make_job: MakeJob, settings: Settings) -> None:
    settings.LEASE_SECONDS = 0.3
    job = make_job()

    with held(job):
        time.sleep(0.9)
        assert not Job.objects.claimable(Job.OPEN).exists()

    time.sleep(0.4)
    assert Job.objects.claimable(Job.OPEN).exists()


@pytest.mark.django_db(transaction=True)
def test_a_process_that_hangs_loses_its_lease(
    make_job: MakeJob, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEASE_SECONDS = 0.2
    monkeypatch.setattr(module, "STALLED_LEASES", 1)
    job = make_job()

    with held(job):
        time.sleep(0.9)

        assert Job.objects.claimable(Job.OPEN).exists()
