"""What ``generate`` shows, how it stops, and what it does with the finished file."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from generation.heartbeat import WRITE_SECONDS
from generation.models import Job
from generation.submit import submit
from provenance.works.drive import drive
from provenance.works.management.commands.generate import _export
from provenance.works.progress import Progress
from tests.factories import make_version, make_work
from tests.fakes import FakeEngine


def test_a_copy_that_cannot_be_written_leaves_nothing(
    creator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version(work=make_work(owner=creator))
    whole = Path.write_bytes

    def full(path: Path, data: Any) -> int:
        whole(path, bytes(data[:10]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(OSError, match="No space"):
        _export(version, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_the_signed_file(creator: User, tmp_path: Path) -> None:
    version = make_version(work=make_work(owner=creator))

    copy = _export(version, tmp_path / "new" / "folder")

    assert [path.name for path in copy.parent.iterdir()] == [f"{version.pk}.png"]


class Watched(FakeEngine):
    """Four slow steps, and at the third whatever a test wants to happen."""

    at_third: Any = staticmethod(lambda: None)

    def render(self, requests: Any, spec: Any, *, on_step: Any) -> Any:
        def step(done: int) -> None:
            time.sleep(WRITE_SECONDS)
            on_step(done)
            if done == 3:
                self.at_third()

        return super().render(requests, spec, on_step=step)


@pytest.fixture
def watched(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    settings.ENGINE = f"{__name__}.Watched"
    monkeypatch.setattr(Watched, "at_third", staticmethod(lambda: None))
    monkeypatch.setattr("generation.engines.loaded._load", Watched)
    monkeypatch.setattr("generation.engines.loaded._engines", {})
    return Watched


@pytest.mark.django_db
def test_progress_moves_while_it_is_rendered(creator: User, watched: type[Watched]) -> None:
    job, _new = submit(owner=creator, prompt="a harbour", steps=4)
    seen: list[tuple[str, int]] = []

    def note(now: Progress) -> None:
        seen.append((now.phase, now.step))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("provenance.works.drive.receive", lambda pk: None)
        drive(job.pk, on_progress=note)

    assert seen == [("waiting", 0), ("rendering", 1), ("rendering", 2), ("rendering", 3), ("rendering", 4)]


@pytest.mark.django_db
def test_ctrl_c_cancels_the_job_and_says_so(monkeypatch: pytest.MonkeyPatch, watched: type[Watched]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watched, "at_third", staticmethod(interrupt))

    with pytest.raises(CommandError) as caught:
        call_command("generate", "a harbour", "--steps", "4", "--json")

    job = Job.objects.get()
    assert str(caught.value) == f"cancelled: job {job.pk} was stopped, and nothing of it is kept"
    assert caught.value.returncode == 130
    assert (job.status, job.outputs.count(), job.lease_owner) == (Job.Status.CANCELLED, 0, "")


@pytest.mark.django_db
def test_ctrl_c_stops_a_job_that_another_worker_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(job_id: Any, **_options: Any) -> None:
        Job.objects.filter(pk=job_id).update(status=Job.Status.RUNNING, lease_owner="other")
        raise KeyboardInterrupt

    monkeypatch.setattr("provenance.works.management.commands.generate.drive", interrupted)

    with pytest.raises(CommandError, match="with another worker, which stops it at its next step"):
        call_command("generate", "a harbour")

    job = Job.objects.get()
    assert (job.status, job.cancel_requested) == (Job.Status.RUNNING, True)


@pytest.mark.django_db
def test_ctrl_c_after_rendering_keeps_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(job_id: Any, **_options: Any) -> None:
        Job.objects.filter(pk=job_id).update(status=Job.Status.SUCCEEDED)
        raise KeyboardInterrupt

    monkeypatch.setattr("provenance.works.management.commands.generate.drive", interrupted)

    with pytest.raises(CommandError, match="was rendered already"):
        call_command("generate", "a harbour")

    assert Job.objects.get().cancel_requested is False
