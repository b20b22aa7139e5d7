"""Whoever is named in settings is asked about every request: when it is stored, and when it is rendered."""

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from generation import policy
from generation.errors import GenerationError
from generation.models import Job
from generation.render import render_next
from generation.submit import submit

asked: list[tuple[str, bytes | None]] = []
refused: set[str] = set()
passing: set[str] = set()


def check(*, prompt: str, source: bytes | None = None) -> None:
    asked.append((prompt, source))
    if prompt in refused:
        raise GenerationError("not_here", "Not here.", field="prompt", rewrite="elsewhere")
    if prompt in passing:
        raise GenerationError("later", "Later.", permanent=False)


@pytest.fixture(autouse=True)
def _policy(settings: Settings) -> None:
    for kept in (asked, refused, passing):
        kept.clear()
    settings.REQUEST_POLICY = f"{__name__}.check"


def test_a_refused_request_is_not_stored(creator: User) -> None:
    refused.add("a harbour")
    with pytest.raises(GenerationError) as error:
        submit(owner=creator, prompt=" a harbour ")
    assert (error.value.code, error.value.rewrite) == ("not_here", "elsewhere")
    assert asked == [("a harbour", None)]
    assert Job.objects.count() == 0


def test_without_a_policy_nobody_is_asked(creator: User, settings: Settings) -> None:
    settings.REQUEST_POLICY = ""
    refused.add("a harbour")
    job, _new = submit(owner=creator, prompt="a harbour")
    policy.check_job(job)
    assert asked == []


@pytest.mark.django_db(transaction=True)
def test_it_is_asked_again_before_the_render() -> None:
    ada = User.objects.create_user("ada")
    job, _new = submit(owner=ada, prompt="a harbour", on_finish="")
    refused.add("a harbour")
    assert render_next() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, job.error) == ("failed", "not_here", "Not here.")
    assert job.outputs.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_policy_that_cannot_answer_just_now_is_asked_later() -> None:
    ada = User.objects.create_user("ada")
    job, _new = submit(owner=ada, prompt="a harbour", on_finish="")
    passing.add("a harbour")
    assert render_next() == 0
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("queued", "later")
