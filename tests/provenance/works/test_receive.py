"""An ended job becomes one work, once, however often it is rung."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from generation.models import Job
from provenance.ledger.models import Event, PersonalValue
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
    asked, ended = Event.objects.order_by("sequence")
    assert (asked.kind, asked.subject, asked.payload["seed"]) == ("job.requested", str(job.pk), job.seed)
    assert (ended.kind, ended.payload["outputs"]) == (
        "job.succeeded",
        [{"sha256": output.sha256, "seed": output.seed} for output in outputs],
    )
    values = {value.name: (value.person, value.value) for value in PersonalValue.objects.all()}
    assert values == {
        "actor": (creator, "ada"),
        "prompt": (creator, job.prompt),
        "negative_prompt": (creator, job.negative_prompt),
    }
    assert job.prompt not in str(list(Event.objects.values()))


@pytest.mark.django_db
def test_receiving_twice_changes_nothing(creator: User) -> None:
    job = make_job(owner=creator, status=Job.Status.SUCCEEDED, finished_at=timezone.now())
    make_output(job=job)
    assert receive(job.pk) == receive(job.pk)
    assert (Work.objects.count(), Version.objects.count(), Event.objects.count()) == (1, 1, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_job_without_images_makes_no_work(creator: User, status: str) -> None:
    job = make_job(owner=creator, status=status, error_code="gave_up", finished_at=timezone.now())
    assert receive(job.pk) is None
    assert Work.objects.count() == 0
    assert list(Event.objects.values_list("kind", flat=True)) == ["job.requested", f"job.{status}"]


@pytest.mark.django_db
def test_a_running_job_is_not_received(creator: User) -> None:
    job = make_job(owner=creator, status=Job.Status.RUNNING)
    assert receive(job.pk) is None
    assert (Work.objects.count(), Event.objects.count()) == (0, 0)


def test_a_long_prompt_is_cut_at_a_word() -> None:
    title = title_from("a harbour at sunset " * 10)
    assert title == "a harbour at sunset a harbour at sunset a harbour at sunset a harbour at…"
    assert title_from("x" * 200) == "x" * 79 + "…"
