"""A stage ends a version once, keeps nothing of a lost lease, and knows which errors are worth another try."""

import errno
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from generation import blobs
from provenance.works.models import Version
from provenance.works.stages import Write, claimable, run_stage
from similarity.errors import SimilarityError
from tests.factories import make_version, make_work


@pytest.fixture
def version(creator: User) -> Version:
    return make_version(work=make_work(owner=creator), status=Version.Status.RENDERED)


def moving_on(version: Version) -> Write:
    return lambda version: {"status": Version.Status.AUDITED}


def test_a_stage_moves_a_version_on_once(version: Version) -> None:
    assert run_stage(version.pk, status="rendered", work=moving_on) is True
    assert run_stage(version.pk, status="rendered", work=moving_on) is False
    version.refresh_from_db()
    assert (version.status, version.lease_owner, version.lease_until, version.attempts) == ("audited", "", None, 0)


def test_a_held_lease_keeps_others_out(version: Version) -> None:
    Version.objects.claim(version.pk, owner="somebody", statuses=["rendered"])
    calls: list[Version] = []

    def work(version: Version) -> Write:
        calls.append(version)
        return moving_on(version)

    assert run_stage(version.pk, status="rendered", work=work) is False
    assert calls == []


def test_what_is_written_after_the_lease_was_lost_is_undone(version: Version) -> None:
    """Given a slow worker whose lease ran out and was taken, when it ends, then nothing of it stays."""

    def slow(version: Version) -> Write:
        Version.objects.filter(pk=version.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert Version.objects.claim(version.pk, owner="the next one", statuses=["rendered"])

        def write(version: Version) -> dict[str, Any]:
            make_work(owner=version.work.owner, title="written too late")
            return {"status": Version.Status.AUDITED}

        return write

    assert run_stage(version.pk, status="rendered", work=slow) is False
    version.refresh_from_db()
    assert (version.status, version.lease_owner) == ("rendered", "the next one")
    assert not type(version.work).objects.filter(title="written too late").exists()


def test_a_permanent_error_fails_the_version_with_its_code(version: Version) -> None:
    def broken(version: Version) -> Write:
        raise SimilarityError("encoder_not_found", "No encoder.")

    assert run_stage(version.pk, status="rendered", work=broken) is False
    version.refresh_from_db()
    assert (version.status, version.error_code, version.error) == (
        "failed",
        "encoder_not_found",
        "No encoder.",
    )


def test_a_passing_error_is_tried_again_later_and_not_for_ever(version: Version, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 2

    def unlucky(version: Version) -> Write:
        raise OSError(28, "No space left on device", "/a/path/nobody/should/read")

    assert run_stage(version.pk, status="rendered", work=unlucky) is False
    version.refresh_from_db()
    assert (version.status, version.attempts, version.error_code) == ("rendered", 1, "internal_error")
    assert version.lease_until is not None
    assert version.lease_until > timezone.now()
    assert claimable(["rendered"], 10) == []

    Version.objects.filter(pk=version.pk).update(lease_until=None)
    assert claimable(["rendered"], 10) == [version.pk]
    assert run_stage(version.pk, status="rendered", work=unlucky) is False
    version.refresh_from_db()
    assert (version.status, version.error_code) == ("failed", "internal_error")
    assert "OSError" in version.error
    assert "path" not in version.error


def test_a_version_that_kills_its_worker_each_time_is_given_up(version: Version, settings: Any) -> None:
    """Given claims that nobody was left to end, when they are too many, then the version fails and is not tried."""
    settings.MAX_ATTEMPTS = 2
    calls: list[Version] = []

    def work(version: Version) -> Write:
        calls.append(version)
        return moving_on(version)

    for _attempt in range(2):
        assert Version.objects.claim(version.pk, owner="killed", statuses=["rendered"])
        Version.objects.filter(pk=version.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert run_stage(version.pk, status="rendered", work=work) is False
    version.refresh_from_db()
    assert (version.status, version.error_code, calls) == ("failed", "gave_up", [])
    assert "2 times" in version.error


def test_a_full_disk_is_named(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    version = make_version(work=make_work(owner=creator), status=Version.Status.RENDERED)

    def full(storage: object, name: str, content: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("generation.blobs.DurableFileSystemStorage._save", full)

    def storing(version: Version) -> Write:
        blobs.put(b"a file nobody has stored before", "png")
        return moving_on(version)

    assert run_stage(version.pk, status="rendered", work=storing) is False
    version.refresh_from_db()
    assert (version.status, version.error_code) == ("rendered", "disk_full")
    assert "room" in version.error


@pytest.mark.django_db(transaction=True)
def test_slow_work_keeps_its_lease(version: Version, settings: Any) -> None:
    """Given work that lasts longer than a lease, when it ends, then the lease was kept and it counts."""
    settings.LEASE_SECONDS = 0.3

    def slow(version: Version) -> Write:
        time.sleep(1.0)
        assert Version.objects.claimable(["rendered"]).count() == 0
        return moving_on(version)

    assert run_stage(version.pk, status="rendered", work=slow) is True


def test_failed_versions_go_on_where_they_failed(version: Version, creator: User) -> None:
    audited = make_version(work=make_work(owner=creator), status=Version.Status.AUDITED)
    Version.objects.filter(pk=version.pk).update(status="failed", error_code="encoder_not_found", attempts=5)
    Version.objects.filter(pk=audited.pk).update(status="failed", error_code="signer_mismatch", attempts=5)
    call_command("retry_failed", code="signer_mismatch", stdout=StringIO())
    version.refresh_from_db()
    audited.refresh_from_db()
    assert (version.status, audited.status, audited.error_code, audited.attempts) == ("failed", "audited", "", 0)
    call_command("retry_failed", stdout=StringIO())
    version.refresh_from_db()
    assert version.status == "rendered"
