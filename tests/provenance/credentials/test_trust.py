from pathlib import Path

import pytest
from pytest_django import Settings

from provenance.credentials import trust
from provenance.credentials.errors import CredentialError
from provenance.credentials.sign import Signed


def test_without_a_list_nobody_is_trusted(settings: Settings) -> None:
    settings.TRUST_LIST = ""
    assert trust.load() == trust.TrustList()


def test_a_missing_list_is_said_so(settings: Settings, tmp_path: Path) -> None:
    settings.TRUST_LIST = str(tmp_path / "none.pem")
    with pytest.raises(CredentialError, match="COLOPHON_TRUST_LIST"):
        trust.load()


@pytest.mark.shared
def test_the_official_list_can_be_used(shared: Path, settings: Settings, signed: Signed) -> None:
    from provenance.credentials.read import read

    path = shared / "c2pa/trust-lists/C2PA-TRUST-LIST.pem"
    if not path.exists():
        pytest.skip("the official trust list is not beside this checkout")
    settings.TRUST_LIST = str(path)
    assert trust.load().count > 5
    reading = read(signed.data)
    # A development signer is on no official list, and reading by another list is recorded.
    assert (reading.verdict.code, reading.trust_list) == ("valid", trust.load().sha256)
