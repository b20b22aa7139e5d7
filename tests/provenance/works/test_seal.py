"""The last stage: signed, read back, stored, told of in the ledger; or nothing of it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from pytest_django import Settings

from generation import blobs
from provenance.credentials.development import issue
from provenance.ledger.models import Event
from provenance.review.models import Case
from provenance.works.account import account
from provenance.works.models import Credential, Version
from provenance.works.seal import seal_version
from similarity.models import Audit
from tests.factories import make_audit, make_version, make_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def signer(tmp_path: Path, settings: Settings) -> Path:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.TRUST_LIST = settings.TSA_URL = ""
    for name, data in zip(("chain.pem", "key.pem"), issue(), strict=True):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def _audited(owner: User, **audit: Any) -> Version:
    return make_version(work=make_work(owner=owner), status=Version.Status.AUDITED, audit=make_audit(**audit))


def _events(version: Version) -> list[str]:
    return list(Event.objects.filter(key=f"version-sealed:{version.pk}").values_list("kind", flat=True))


def test_an_audited_version_is_signed_and_published_once(creator: User, signer: Path) -> None:
    version = _audited(creator)

    assert [seal_version(version.pk), seal_version(version.pk)] == [True, False]

    version.refresh_from_db()
    assert version.output is not None
    assert (version.status, version.media_type, version.error_code) == ("published", "image/png", "")
    assert version.published_at is not None
    assert hashlib.sha256(blobs.get(version.blob)).hexdigest() == version.sha256 != version.output.sha256
    assert Credential.objects.get(version=version).verdict == "valid"
    assert account(version).verdict == "valid"
    assert _events(version) == ["version.published"]
    assert not Case.objects.exists()


def test_a_copy_is_signed_too_and_held_with_a_case(creator: User, signer: Path) -> None:
    version = _audited(creator, outcome=Audit.Outcome.COPY, copy_of={"artist": "Claude Monet"})

    assert seal_version(version.pk) is True

    version.refresh_from_db()
    assert (version.status, version.published_at) == ("held", None)
    assert account(version).verdict == "valid"
    assert Case.objects.get(version=version).reason == Case.Reason.COPY
    assert _events(version) == ["version.held"]


def test_without_a_signer_nothing_is_stored(creator: User, settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "no.pem"), str(tmp_path / "no.key")
    version = _audited(creator)

    assert seal_version(version.pk) is False

    version.refresh_from_db()
    assert version.error_code == "signer_missing"
    assert (version.status in ("failed", "audited"), version.blob, version.published_at) == (True, "", None)
    assert not Credential.objects.filter(version=version).exists()
    assert (_events(version), Case.objects.count()) == ([], 0)


def test_what_cannot_be_written_down_is_not_published(
    creator: User, signer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a ledger that fails after the credential was stored, then neither stays."""
    version = _audited(creator)

    def broken(**_event: Any) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr("provenance.works.seal.append", broken)

    assert seal_version(version.pk) is False

    version.refresh_from_db()
    assert (version.status, version.error_code, version.blob) == ("audited", "internal_error", "")
    assert not Credential.objects.filter(version=version).exists()
    assert default_storage.exists(version.output.blob if version.output else "")
