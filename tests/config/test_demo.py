"""The demo's examples: made once, told in full, and counted when they fail."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as settings_of_django
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from config.management.commands import demo
from generation.models import Job
from provenance.works.account import Account
from provenance.works.models import Version
from tests.factories import make_job, make_version, make_work

pytestmark = pytest.mark.django_db


class Boss:
    """A supervisor whose workers end every job as the test wishes, as soon as it runs."""

    status, verdict = Version.Status.PUBLISHED, "valid"
    stopping = False
    stopped = 0

    def __init__(self, children: Any) -> None:
        self.names = [child.name for child in children]

    def install_signals(self) -> None: ...
    def start(self) -> None: ...

    def stop(self) -> None:
        Boss.stopped += 1

    def run(self, *, until: Any = None) -> None:
        for job in Job.objects.filter(status=Job.Status.QUEUED):
            Job.objects.filter(pk=job.pk).update(status=Job.Status.SUCCEEDED)
            make_version(work=make_work(owner=job.owner, job=job), status=self.status)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(demo, "prepare", lambda stdout: None)
    monkeypatch.setattr(demo, "call_command", lambda *_args: None)
    monkeypatch.setattr("config.supervisor.Supervisor", Boss)
    monkeypatch.setattr(demo, "answers", lambda host, port: True)
    monkeypatch.setattr(Boss, "stopped", 0)
    monkeypatch.setattr(
        demo,
        "account",
        lambda version, file: Account(
            file=file,
            work="w",
            version=str(version.pk),
            status=version.status,
            seed=version.output.seed,
            model="colophon-mini",
            seconds=1.5,
            outcome="not_calibrated",
            verdict=Boss.verdict,
            error_code="",
            error="",
        ),
    )


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo", "--port", "18765", *arguments, stdout=out)
    return out.getvalue()


def test_three_examples_are_told_and_repeated_without_work() -> None:
    said = _run("--once")

    assert [prompt in said for prompt, _seed in demo.EXAMPLES] == [True] * 3
    assert said.count("verdict  valid") == said.count("outcome  not_calibrated") == 3
    assert "Colophon is at" not in said
    assert sorted(Job.objects.values_list("seed", flat=True)) == ["12", "3", "7"]
    _run("--once")
    assert (Job.objects.count(), Boss.stopped) == (3, 2)


def test_without_once_it_tells_the_address_and_a_sign_in_that_works() -> None:
    said = _run()

    user = User.objects.get(username="demo")
    password = said.partition("with the password “")[2].partition("”")[0]
    assert "Colophon is at http://127.0.0.1:" in said
    assert user.check_password(password)
    assert (user.is_staff, user.is_superuser) == (True, True)
    assert _run().partition("with the password “")[2].partition("”")[0] == password


@pytest.mark.parametrize(
    ("status", "verdict"), [(Version.Status.HELD, "valid"), (Version.Status.PUBLISHED, "tampered")]
)
def test_an_example_that_is_held_or_unreadable_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, status: str, verdict: str
) -> None:
    monkeypatch.setattr(Boss, "status", status)
    monkeypatch.setattr(Boss, "verdict", verdict)

    with pytest.raises(CommandError, match="3 of 3 examples were not published with a readable credential"):
        _run("--once")

    assert Boss.stopped == 1


def test_a_failed_example_is_made_anew_the_next_time() -> None:
    user = User.objects.create_user("demo")
    failed = make_job(
        owner=user, status="failed", seed="7", idempotency_key=f"demo:{settings_of_django.SERVICE_VERSION}:7:0"
    )

    _run("--once")

    again = Job.objects.filter(seed="7").exclude(pk=failed.pk).get()
    assert again.idempotency_key == f"demo:{settings_of_django.SERVICE_VERSION}:7:1"


def test_stopped_before_the_end_it_fails_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Boss, "stopping", True)

    with pytest.raises(CommandError, match="goes on where this ended"):
        _run("--once")

    assert Boss.stopped == 1
