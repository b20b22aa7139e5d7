import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.core.management import CommandError, call_command
from pytest_django import Settings

from provenance.credentials.certificate import CLAIM_SIGNING
from provenance.credentials.development import create, issue
from provenance.credentials.errors import CredentialError
from provenance.credentials.signer import check_signer, examine


@pytest.fixture
def empty(tmp_path: Path, settings: Settings) -> Path:
    """A key folder with nothing in it."""
    folder = tmp_path / "keys"
    settings.KEY_DIR = folder
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(folder / "chain.pem"), str(folder / "key.pem")
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.pem")}


def test_the_certificate_is_one_that_validators_accept() -> None:
    leaf, authority = x509.load_pem_x509_certificates(issue()[0])
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    purposes = list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert purposes == [CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    leaf.verify_directly_issued_by(authority)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=366)


def test_it_is_made_once(empty: Path) -> None:
    out = StringIO()
    call_command("create_signer", stdout=out)
    assert out.getvalue().startswith("Made the signer Colophon development signer")
    before = _files(empty)
    assert set(before) == {"chain.pem", "key.pem"}
    assert stat.S_IMODE((empty / "key.pem").stat().st_mode) == 0o600

    out = StringIO()
    call_command("create_signer", stdout=out)
    assert "already in place" in out.getvalue()
    assert _files(empty) == before


def test_force_makes_another(empty: Path) -> None:
    first, _ = create()
    second, made = create(force=True)
    assert made
    assert first.certificate_sha256 != second.certificate_sha256
    assert check_signer() == second


@pytest.mark.parametrize("gone", ["chain.pem", "key.pem"])
def test_half_a_pair_is_replaced_as_a_pair(empty: Path, gone: str) -> None:
    create()
    before = _files(empty)
    (empty / gone).unlink()
    assert create()[1]
    check_signer()
    assert all(before[name] != data for name, data in _files(empty).items())


def test_an_expired_pair_is_replaced(empty: Path) -> None:
    empty.mkdir()
    chain, key = issue(not_before=datetime.now(UTC) - timedelta(days=9), days=8)
    (empty / "chain.pem").write_bytes(chain)
    (empty / "key.pem").write_bytes(key)
    assert create()[1]
    check_signer()


def test_somebody_elses_signer_is_never_destroyed(empty: Path, tmp_path: Path, settings: Settings) -> None:
    elsewhere = tmp_path / "secrets"
    elsewhere.mkdir()
    settings.SIGNER_KEY = str(elsewhere / "production.pem")
    (elsewhere / "production.pem").write_bytes(b"the only copy")
    with pytest.raises(CredentialError) as caught:
        create(force=True)
    assert caught.value.code == "signer_not_ours"
    with pytest.raises(CommandError, match="signer_not_ours"):
        call_command("create_signer")
    assert (elsewhere / "production.pem").read_bytes() == b"the only copy"
    assert not (empty / "chain.pem").exists()


@pytest.mark.parametrize("step", range(1, 8))
def test_interrupted_anywhere_it_leaves_no_mismatching_pair(
    empty: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    create()
    calls = 0

    def interrupting(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == step:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "fsync", interrupting(os.fsync))
    monkeypatch.setattr(Path, "replace", interrupting(Path.replace))
    with pytest.raises(KeyboardInterrupt):
        create(force=True)
    monkeypatch.undo()

    chain, key = empty / "chain.pem", empty / "key.pem"
    if chain.exists():
        examine(chain.read_bytes(), key.read_bytes())
    create()
    check_signer()
    assert set(_files(empty)) == {"chain.pem", "key.pem"}


def test_two_processes_at_once_make_one_signer(empty: Path) -> None:
    code = (
        "import django; from django.conf import settings; from pathlib import Path;"
        f"k = Path({str(empty)!r});"
        "settings.configure(KEY_DIR=k, SIGNER_CHAIN=str(k / 'chain.pem'), SIGNER_KEY=str(k / 'key.pem'),"
        " SIGNER_ALGORITHM='es256', SIGNERS=[], USE_I18N=False);"
        "from provenance.credentials.development import create;"
        "facts, made = create(); print(facts.certificate_sha256, made)"
    )
    root = Path(__file__).resolve().parents[3]
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(3)
    ]
    answers = [process.communicate(timeout=60)[0].split() for process in running]
    assert len({sha for sha, _ in answers}) == 1
    assert sorted(made for _, made in answers) == ["False", "False", "True"]
    assert check_signer().certificate_sha256 == answers[0][0]
