"""Two at once: the database decides, and exactly one wins."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from generation.cancel import cancel
from generation.errors import GenerationError
from generation.leases import new_owner
from generation.models import Job, Output
from generation.render import render_next
from generation.submit import submit
from tests.generation.conftest import MakeJob

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run *calls* at the same moment, each on a connection of its own; results or errors, in order."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            start.wait()
            results[number] = call()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_of_many_claims_wins(make_job: MakeJob) -> None:
    job = make_job()

    claims = together(
        *[
            lambda: Job.objects.claim(job.pk, owner=new_owner(), statuses=Job.OPEN, status="running")
            for _turn in range(8)
        ]
    )

    assert Counter(claims) == {True: 1, False: 7}
    assert Job.objects.get().attempts == 1


def test_many_workers_end_every_job_once(make_job: MakeJob) -> None:
    for seed in range(12):
        make_job(seed=seed, count=1 + seed % 3)

    def work() -> int:
        ended = 0
        while batch := render_next():
            ended += batch
        return ended

    ended = together(work, work, work)

    assert sum(ended) == 12
    assert set(Job.objects.values_list("status", flat=True)) == {"succeeded"}
    assert Output.objects.count() == sum(1 + seed % 3 for seed in range(12))


def test_one_key_makes_one_job(creator: User) -> None:
    answers = together(*[lambda: submit(owner=creator, prompt="a harbour", idempotency_key="k1") for _turn in range(6)])

    assert Counter(created for _job, created in answers) == {True: 1, False: 5}
    assert {job.pk for job, _created in answers} == {Job.objects.get().pk}


def test_one_key_with_two_bodies_makes_one_job_and_one_conflict(creator: User) -> None:
    answers = together(
        lambda: submit(owner=creator, prompt="a harbour", idempotency_key="k1"),
        lambda: submit(owner=creator, prompt="a tree", idempotency_key="k1"),
    )

    errors = [answer for answer in answers if isinstance(answer, GenerationError)]
    assert [error.code for error in errors] == ["idempotency_conflict"]
    assert Job.objects.count() == 1


@pytest.mark.parametrize("turn", range(5))
def test_cancelled_or_succeeded_and_never_both(make_job: MakeJob, turn: int) -> None:
    job = make_job(seed=turn)

    _ended, cancelled = together(render_next, lambda: cancel(job))

    render_next()
    job.refresh_from_db()
    if isinstance(cancelled, Job):
        assert (job.status, job.outputs.count()) == ("cancelled", 0)
    else:
        assert cancelled.code == "already_finished"
        assert (job.status, job.outputs.count()) == ("succeeded", 1)
