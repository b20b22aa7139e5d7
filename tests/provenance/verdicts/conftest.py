"""Files signed under an authority of the test's own, and the lists it may stand on."""

import hashlib
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from generation import blobs
from provenance.credentials.sign import Signed
from provenance.works.models import Credential, Version
from tests.factories import make_version, make_work
from tests.provenance.works.test_verify import signed, signer  # noqa: F401


@pytest.fixture(autouse=True)
def rows_decide(settings: Settings, tmp_path: Path) -> None:
    """The real source of trust lists, which most other tests do without."""
    settings.TRUST_LIST = ""
    settings.TRUST_LIST_SOURCE = "provenance.verdicts.trust_lists.active"
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")


@pytest.fixture
def authority(signer: Path) -> bytes:  # noqa: F811
    """The root of the signer, PEM."""
    chain = (signer / "chain.pem").read_bytes()
    return b"-----BEGIN CERTIFICATE-----" + chain.split(b"-----BEGIN CERTIFICATE-----")[-1]


@pytest.fixture
def published(signed: Signed, creator: User) -> Version:  # noqa: F811
    """A published version whose stored file is *signed*, judged when nobody was on a list."""
    version = make_version(
        work=make_work(owner=creator),
        sha256=hashlib.sha256(signed.data).hexdigest(),
        blob=blobs.put(signed.data, "png"),
    )
    Credential.objects.filter(version=version).update(
        verdict=signed.verdict,
        sdk=signed.sdk,
        trust_list=signed.trust_list,
        manifest_label=signed.manifest_label,
        certificate_sha256=signed.certificate_sha256,
    )
    return version
