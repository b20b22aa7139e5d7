"""Several signers, rotation, and keys this process never holds."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django import Settings

from provenance.credentials.development import create, issue
from provenance.credentials.errors import CredentialError
from provenance.credentials.facts import facts
from provenance.credentials.keys import verifies
from provenance.credentials.read import read
from provenance.credentials.sign import sign
from provenance.credentials.signer import check_signer, load
from provenance.credentials.signers import configured, current, known_certificates
from tests.provenance.credentials.conftest import picture, story

MODULE = next(filter(os.path.exists, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so")), "")
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def certify(key: PrivateKey) -> bytes:
    """A chain (PEM) for *key*, of an authority made for it."""
    authority, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Signer in a token")])
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, decipher_only=False, **usage),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    return leaf.public_bytes(Encoding.PEM)


def new_key(algorithm: str) -> PrivateKey:
    match algorithm:
        case "es256":
            return ec.generate_private_key(ec.SECP256R1())
        case "es384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ps256":
            return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate()


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signed_by(**more: Any) -> str:
    data = sign(picture(), media_type="image/png", story=story(**more)).data
    reading = read(data)
    assert reading.verdict.code == "valid"
    return reading.certificate_sha256


# -- a key in a setting, and behind a function -----------------------------------------------------


def test_the_pem_itself_may_stand_in_the_settings(signer: Path, settings: Settings, pair: tuple[bytes, bytes]) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = pair[0].decode(), pair[1].decode()
    assert _signed_by() == check_signer().certificate_sha256
    assert "PRIVATE" not in repr(configured()) + repr(load())
    assert create() == (check_signer(), False)
    assert not (Path.cwd() / "-----BEGIN PRIVATE KEY-----").exists()


_function: dict[str, Any] = {}


def answer(data: bytes) -> bytes:
    """What ``callback:`` names in these tests."""
    signature: bytes = _function["sign"](data)
    return signature


@pytest.fixture
def callback(signer: Path, settings: Settings, pair: tuple[bytes, bytes]) -> Iterator[list[bytes]]:
    """The pair's key behind a function; the bytes it was asked to sign."""
    key = load_pem_private_key(pair[1], None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    asked: list[bytes] = []

    def ask(data: bytes) -> bytes:
        asked.append(data)
        return key.sign(data, ec.ECDSA(hashes.SHA256()))

    _function["sign"] = ask
    (signer / "key.pem").unlink()
    settings.SIGNER_KEY = f"callback:{__name__}.answer"
    yield asked
    _function.clear()


def test_a_key_behind_a_function_signs(callback: list[bytes]) -> None:
    assert _signed_by() == check_signer().certificate_sha256
    assert _signed_by(title="again") == check_signer().certificate_sha256
    # It proved itself once at most, and signed twice.
    assert len(callback) <= 3


def test_a_function_that_fails_is_logged_and_tried_again(
    callback: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    _signed_by()

    def broken(data: bytes) -> bytes:
        raise TimeoutError("the vault sleeps")

    _function["sign"] = broken
    with pytest.raises(CredentialError) as caught:
        _signed_by()
    assert (caught.value.code, caught.value.permanent) == ("signer_unavailable", False)
    assert "the vault sleeps" in caught.value.note
    assert "the vault sleeps" not in caught.value.message
    assert "signing_key_failed" in caplog.text


def test_a_function_with_another_key_is_refused(signer: Path, settings: Settings) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    _function["sign"] = lambda data: other.sign(data, ec.ECDSA(hashes.SHA256()))
    settings.SIGNER_KEY = f"callback:{__name__}.answer"
    (signer / "chain.pem").write_bytes(issue()[0])
    with pytest.raises(CredentialError) as caught:
        check_signer()
    assert caught.value.code == "signer_mismatch"


def test_a_function_that_is_nowhere_is_unavailable(signer: Path, settings: Settings) -> None:
    settings.SIGNER_KEY = "callback:nowhere.at.all"
    with pytest.raises(CredentialError) as caught:
        check_signer()
    assert caught.value.code == "signer_unavailable"


@pytest.mark.parametrize("algorithm", ["es256", "es384", "ps256", "ed25519"])
def test_signatures_of_each_algorithm_are_recognised(algorithm: str) -> None:
    key = new_key(algorithm)
    leaf = x509.load_pem_x509_certificates(certify(key))[0]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(b"data", ec.ECDSA(hashes.SHA384() if algorithm == "es384" else hashes.SHA256()))
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(b"data", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        signature = key.sign(b"data")
    assert verifies(leaf, b"data", signature)
    assert not verifies(leaf, b"other", signature)
    assert not verifies(leaf, b"data", b"")


# -- a key in a token -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of software tokens, made with Debian's ``softhsm2``."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    if not MODULE or not shutil.which("softhsm2-util"):
        pytest.skip("softhsm2 is not installed")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    # The library reads it once, when it is loaded.
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "colophon", "--pin", "1234", "--so-pin", "5678"],
        check=True,
        capture_output=True,
    )
    (folder / "pin").write_text("1234\n")
    return folder


def _into_token(softhsm: Path, key: PrivateKey, label: str) -> str:
    """Put *key* into the token under *label*; the address by which it signs."""
    (softhsm / "key.pem").write_bytes(_pem(key))
    command = ["softhsm2-util", "--import", str(softhsm / "key.pem"), "--token", "colophon", "--label", label]
    subprocess.run([*command, "--id", label.encode().hex(), "--pin", "1234"], check=True, capture_output=True)
    (softhsm / "key.pem").unlink()
    return f"pkcs11:token=colophon;object={label}?module-path={MODULE}&pin-source={softhsm}/pin"


@pytest.mark.parametrize("algorithm", ["es256", "es384", "ps256", "ed25519"])
def test_a_key_in_a_token_signs_without_ever_being_here(
    softhsm: Path, signer: Path, settings: Settings, algorithm: str
) -> None:
    key = new_key(algorithm)
    settings.SIGNER_KEY = _into_token(softhsm, key, f"signer-{algorithm}")
    settings.SIGNER_ALGORITHM = algorithm
    settings.SIGNER_CHAIN = certify(key).decode()
    assert _signed_by() == check_signer().certificate_sha256
    assert load().key.kind == "pkcs11"


def test_threads_share_the_token(softhsm: Path, signer: Path, settings: Settings) -> None:
    key = new_key("es256")
    settings.SIGNER_KEY = _into_token(softhsm, key, "threads")
    settings.SIGNER_CHAIN = certify(key).decode()

    def one(number: int) -> str:
        signed = sign(picture(), media_type="image/png", story=story(title=f"no {number}"))
        return facts(read(signed.data).active).title

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(12))) == [f"no {number}" for number in range(12)]


def test_a_token_that_does_not_know_the_key_or_the_pin(softhsm: Path, signer: Path, settings: Settings) -> None:
    key = new_key("es256")
    address = _into_token(softhsm, key, "wrong")
    settings.SIGNER_CHAIN = certify(key).decode()
    for wrong in (
        address.replace("object=wrong", "object=absent"),
        address.replace("token=colophon", "token=absent"),
        address.replace("/pin", "/absent"),
        address.replace(MODULE, "/absent.so"),
    ):
        settings.SIGNER_KEY = wrong
        with pytest.raises(CredentialError) as caught:
            check_signer()
        assert (caught.value.code, caught.value.permanent) == ("signer_unavailable", False)
        assert str(softhsm) not in caught.value.message


@pytest.mark.parametrize("address", ["pkcs11:", "pkcs11:token=a;object=b", "pkcs11:object=b?module-path=/x"])
def test_an_address_that_lacks_something(signer: Path, settings: Settings, address: str) -> None:
    settings.SIGNER_KEY = address
    with pytest.raises(CredentialError) as caught:
        check_signer()
    assert caught.value.code == "signer_unreadable"


# -- several signers ------------------------------------------------------------------------------


def _add(settings: Settings, folder: Path, name: str, since: datetime) -> str:
    chain, key = issue()
    (folder / f"{name}.chain.pem").write_bytes(chain)
    (folder / f"{name}.key.pem").write_bytes(key)
    entry = {
        "name": name,
        "chain": str(folder / f"{name}.chain.pem"),
        "key": str(folder / f"{name}.key.pem"),
        "from": since.isoformat(),
    }
    settings.SIGNERS = [*settings.SIGNERS, entry]
    return name


def test_the_signer_whose_day_came_last_signs(signer: Path, settings: Settings) -> None:
    first = _signed_by()
    now = datetime.now(UTC)
    _add(settings, signer, "tomorrow", now + timedelta(days=1))
    assert _signed_by() == first
    _add(settings, signer, "today", now - timedelta(minutes=1))
    second = _signed_by()
    assert second != first
    assert current().name == "today"
    assert current(now + timedelta(days=2)).name == "tomorrow"
    assert {first, second} < known_certificates()
    assert len(known_certificates()) == 3


def test_nothing_falls_back_to_an_older_signer(signer: Path, settings: Settings) -> None:
    _add(settings, signer, "today", datetime.now(UTC) - timedelta(minutes=1))
    (signer / "today.key.pem").unlink()
    with pytest.raises(CredentialError) as caught:
        sign(picture(), media_type="image/png", story=story())
    assert caught.value.code == "signer_missing"


@pytest.mark.parametrize("entry", ["text", {"name": "x"}, {"name": "x", "chain": "c", "key": "k", "from": "soon"}])
def test_an_entry_that_is_none_is_said_so(signer: Path, settings: Settings, entry: object) -> None:
    settings.SIGNERS = [entry]
    with pytest.raises(ImproperlyConfigured, match="COLOPHON_SIGNERS"):
        current()


def test_a_development_signer_is_rotated_and_stays_known(signer: Path) -> None:
    first = _signed_by()
    file = sign(picture(), media_type="image/png", story=story()).data
    call_command("create_signer", "--rotate", stdout=StringIO())
    second = _signed_by()
    assert second != first
    assert {first, second} == known_certificates()
    assert read(file).verdict.code == "valid"
    assert [path.name for path in (signer / "retired").iterdir()] == [f"{first}.pem"]
    assert b"PRIVATE" not in (signer / "retired" / f"{first}.pem").read_bytes()


def test_the_signers_are_listed(signer: Path, settings: Settings) -> None:
    call_command("create_signer", "--rotate", stdout=StringIO())
    _add(settings, signer, "tomorrow", datetime.now(UTC) + timedelta(days=1))
    out = StringIO()
    call_command("signers", "--json", stdout=out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(row["name"], row["standing"], row["key"], row["error_code"]) for row in rows] == [
        ("default", "signing", "file", ""),
        ("tomorrow", "next", "file", ""),
        ("", "retired", "", ""),
    ]
    assert rows[0]["days_left"] in (363, 364, 365)
    out = StringIO()
    call_command("signers", stdout=out)
    assert "Colophon development signer" in out.getvalue()


def test_a_signer_that_cannot_sign_fails_the_list(signer: Path) -> None:
    (signer / "key.pem").unlink()
    out = StringIO()
    with pytest.raises(CommandError, match="signer_missing"):
        call_command("signers", stdout=out)
    assert "signer_missing" in out.getvalue()
