"""Cancelling: exactly one of "cancelled" and "succeeded", decided by the row."""

import pytest

from generation.cancel import cancel
from generation.errors import GenerationError
from generation.leases import new_owner
from generation.models import Job, Output
from generation.render import render_next
from tests.generation.conftest import MakeJob


def claimed(job: Job) -> str:
    owner = new_owner()
    assert Job.objects.claim(job.pk, owner=owner, statuses=Job.OPEN, status=Job.Status.RUNNING)
    return owner


def test_a_waiting_job_is_cancelled_at_once(make_job: MakeJob) -> None:
    job = cancel(make_job())

    assert (job.status, job.finished_at is not None) == ("cancelled", True)
    assert render_next() == 0


def test_a_running_job_is_asked_to_stop(make_job: MakeJob) -> None:
    job = make_job()
    claimed(job)

    job = cancel(job)

    assert (job.status, job.cancel_requested, job.finished_at) == ("running", True, None)
    assert cancel(job).cancel_requested  # asking twice is asking


def test_a_job_whose_worker_died_is_cancelled_by_the_next(make_job: MakeJob) -> None:
    job = make_job()
    claimed(job)
    cancel(job)
    Job.objects.update(lease_until=None)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, Output.objects.count()) == ("cancelled", 0)


@pytest.mark.parametrize("status", Job.ENDED)
def test_an_ended_job_stays_as_it_ended(make_job: MakeJob, status: str) -> None:
    job = make_job()
    Job.objects.update(status=status)

    with pytest.raises(GenerationError) as caught:
        cancel(job)

    job.refresh_from_db()
    assert (caught.value.code, job.status, job.cancel_requested) == ("already_finished", status, False)


def test_the_person_was_told_it_would_stop_so_no_picture_is_stored(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a request to cancel that arrives after the last step and before the end is written."""
    job = make_job(count=2)
    put = []

    def cancel_while_storing(data: bytes, suffix: str) -> str:
        put.append(data)
        if len(put) == 2:
            cancel(job)
        return f"blob{len(put)}"

    monkeypatch.setattr("generation.blobs.put", cancel_while_storing)

    assert render_next() == 1

    job.refresh_from_db()
    assert (job.status, job.lease_owner, Output.objects.count()) == ("cancelled", "", 0)


def test_a_request_that_comes_too_late_changes_nothing(make_job: MakeJob) -> None:
    job = make_job()
    render_next()

    with pytest.raises(GenerationError, match="already ended"):
        cancel(job)

    assert Output.objects.filter(job=job, job__status="succeeded").count() == 1
