"""What the command line says of a version."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from provenance.works.account import account
from provenance.works.models import Version
from tests.factories import make_job, make_passport, make_version, make_work

pytestmark = pytest.mark.django_db


def test_a_published_version_is_read_back_now(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a version whose row says "valid", when it is told of, then the verdict is that of the file itself."""
    version = make_version(work=make_work(owner=creator))
    assert version.credential.verdict == "valid"

    line = account(version, file="/out/x.png").as_dict()

    assert line == {
        "file": "/out/x.png",
        "work": str(version.work_id),
        "version": str(version.pk),
        "status": "published",
        "seed": 18446744073709551615,
        "model": "colophon-mini",
        "seconds": 1.5,
        "outcome": "not_calibrated",
        "verdict": "none",  # the factory's file carries no credential
        "error_code": "",
        "error": "",
    }


def test_a_failed_version_has_no_file_and_says_why(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr("provenance.works.account.verify", read.append)
    job = make_job(owner=creator, status="succeeded", passport=make_passport(), seed="7")
    version = make_version(
        work=make_work(owner=creator, job=job),
        status=Version.Status.RENDERED,
        error_code="disk_full",
        error="No room.",
    )
    Version.objects.filter(pk=version.pk).update(status=Version.Status.FAILED)
    version.refresh_from_db()

    line = account(version)

    assert (line.status, line.file, line.outcome, line.verdict) == ("failed", "", "", "none")
    assert (line.error_code, line.error, line.as_dict()["seed"]) == ("disk_full", "No room.", 7)
    assert read == []
