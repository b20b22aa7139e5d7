"""An ended job becomes one work, once, however often it is rung."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from generation.models import Job
from provenance.ledger.models import Event
from provenance.works.models import Version, Work
from provenance.works.receive import receive, title_from
from tests.factories import make_job, make_output


@pytest.mark.django_db
def test_each_output_becomes_a_version(creator: User) -> None:
    job = make_job(owner=creator, count=2, status=Job.Status.SUCCEEDED, finished_at=timezone.now())
    outputs = [make_output(job=job, position=position) for position in range(2)]

    work = receive(job.pk)

    assert work is not None
    assert (work.owner, work.title, work.job) == (creator, job.prompt, job)
    assert list(work.versions.values_list("number", "output", "status")) == [
        (1, outputs[0].pk, "rendered"),
        (2, outputs[1].pk, "rendered"),
    ]
    job.refresh_from_db()
    assert job.delivered_at is not None
    event = Event.objects.get()
    assert (event.kind, event.actor, event.payload["outputs"]) == ("job.succeeded", "ada", [o.sha256 for o in outputs])


@pytest.mark.django_db
def test_receiving_twice_changes_nothing(creator: User) -> None:
    job = make_job(owner=creator, status=Job.Status.SUCCEEDED, finished_at=timezone.now())
    make_output(job=job)
    assert receive(job.pk) == receive(job.pk)
    assert (Work.objects.count(), Version.objects.count(), Event.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_job_without_images_makes_no_work(creator: User, status: str) -> None:
    job = make_job(owner=creator, status=status, error_code="gave_up", finished_at=timezone.now())
    assert receive(job.pk) is None
    assert Work.objects.count() == 0
    assert Event.objects.get().kind == f"job.{status}"


@pytest.mark.django_db
def test_a_running_job_is_not_received(creator: User) -> None:
    job = make_job(owner=creator, status=Job.Status.RUNNING)
    assert receive(job.pk) is None
    assert (Work.objects.count(), Event.objects.count()) == (0, 0)


def test_a_long_prompt_is_cut_at_a_word() -> None:
    title = title_from("a harbour at sunset " * 10)
    assert title == "a harbour at sunset a harbour at sunset a harbour at sunset a harbour at…"
    assert title_from("x" * 200) == "x" * 79 + "…"
