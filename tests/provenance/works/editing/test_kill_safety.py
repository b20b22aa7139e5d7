"""A worker may die anywhere between commit and publication: nothing is lost, doubled or half-written."""

from typing import Any

import pytest
from django.utils import timezone

from generation import blobs
from provenance.ledger.models import Event
from provenance.works.editing import compose
from provenance.works.editing.compose import compose_version
from provenance.works.editing.models import Contribution, Sitting
from provenance.works.models import Credential, Version
from provenance.works.stages import claimable, retry_failed
from tests.provenance.works.editing.conftest import Call, through

pytestmark = pytest.mark.django_db


@pytest.fixture
def committed(sitting: dict[str, Any], call: Call) -> Version:
    now = call(sitting, "steps", expect=201, operation="crop", parameters={"x": 0, "y": 0, "width": 50, "height": 40})
    return Version.objects.get(pk=call(now, "commit")["version"])


class Killed(BaseException):
    """The process ends here; no ``except Exception`` sees it."""


def free(version: Version) -> None:
    """The dead worker's lease runs out."""
    Version.objects.filter(pk=version.pk).update(lease_until=timezone.now())


def test_a_worker_killed_while_composing_leaves_the_version_to_the_next(
    committed: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object, **_options: object) -> None:
        raise Killed

    for place in ("replayed", "_stored", "store"):
        with monkeypatch.context() as patch:
            patch.setattr(compose, place, killed)
            with pytest.raises(Killed):
                compose_version(committed.pk)
        committed.refresh_from_db()
        assert (committed.status, committed.picture) == ("edited", "")
        assert Contribution.objects.count() == 0
        assert compose_version(committed.pk) is False, "the lease still holds"
        free(committed)
    assert claimable([Version.Status.EDITED], 10) == [committed.pk]
    assert through(committed).status == "published"
    assert Contribution.objects.filter(version=committed).count() == 1


def test_a_worker_that_was_too_slow_writes_nothing(committed: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that its lease ran out and another finished, when the slow one comes to write, then it does not."""
    real = compose.replayed

    def slow(sitting: Sitting) -> Any:
        done = real(sitting)
        with monkeypatch.context() as patch:
            patch.setattr(compose, "replayed", real)
            free(committed)
            assert compose_version(committed.pk) is True
        return done

    monkeypatch.setattr(compose, "replayed", slow)
    assert compose_version(committed.pk) is False
    committed.refresh_from_db()
    assert committed.status == "rendered"
    assert Contribution.objects.count() == 1


def test_every_stage_twice_makes_everything_once(committed: Version, sitting: dict[str, Any], call: Call) -> None:
    version = through(committed)
    for _again in range(2):
        assert compose_version(version.pk) is False
    assert Credential.objects.filter(version=version).count() == 1
    assert Event.objects.filter(kind="sitting.committed").count() == 1
    assert Event.objects.filter(kind="version.published", subject=str(version.pk)).count() == 1
    assert [one.number for one in Version.objects.filter(work=version.work)] == [1, 2]


def test_a_commit_that_dies_leaves_the_sitting_open(
    sitting: dict[str, Any], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = call(sitting, "steps", expect=201, operation="flip", parameters={"axis": "vertical"})

    def killed(*_args: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("provenance.works.editing.commit.append", killed)
        with pytest.raises(Killed):
            call(now, "commit")
    row = Sitting.objects.get()
    assert (row.status, row.version, row.revision) == ("open", None, 1)
    assert Version.objects.count() == 1
    assert call(now, "commit")["status"] == "committed"


def test_a_broker_that_is_away_loses_no_commit(committed: Version) -> None:
    """The ring is lost (tests have no worker); the sweep finds the version by its row."""
    assert claimable([Version.Status.EDITED], 10) == [committed.pk]


def test_a_version_whose_files_were_away_can_be_tried_again(
    committed: Version, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MAX_ATTEMPTS = 1

    def gone(_key: str) -> bytes:
        raise FileNotFoundError

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "get", gone)
        assert compose_version(committed.pk) is False
    committed.refresh_from_db()
    assert (committed.status, committed.error_code) == ("failed", "internal_error")
    assert retry_failed() == 1
    settings.MAX_ATTEMPTS = 5
    assert through(committed).status == "published"
