from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pytest_django import Settings

from provenance.credentials.development import issue
from provenance.credentials.errors import CredentialError
from provenance.credentials.signer import check_signer, load

EMPTY_PEM = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def _refused(code: str) -> CredentialError:
    with pytest.raises(CredentialError) as caught:
        check_signer()
    assert caught.value.code == code
    assert caught.value.permanent
    return caught.value


def test_a_good_pair_is_described(signer: Path) -> None:
    facts = check_signer()
    assert facts.common_name == "Colophon development signer"
    assert facts.development
    assert len(facts.certificate_sha256) == 64
    assert timedelta(0) < facts.not_after - datetime.now(UTC) <= timedelta(days=366)


@pytest.mark.parametrize("name", ["chain.pem", "key.pem"])
def test_either_file_missing(signer: Path, name: str) -> None:
    (signer / name).unlink()
    assert "create_signer" in _refused("signer_missing").message


@pytest.mark.parametrize("name", ["chain.pem", "key.pem"])
@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_either_file_unreadable(signer: Path, name: str, content: bytes) -> None:
    (signer / name).write_bytes(content)
    _refused("signer_unreadable")


def test_an_encrypted_key_is_unreadable_and_never_quoted(signer: Path, pair: tuple[bytes, bytes]) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    key = load_pem_private_key(pair[1], None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (signer / "key.pem").write_bytes(locked)
    error = _refused("signer_unreadable")
    assert locked.decode()[40:60] not in str(error)


def test_a_key_of_another_certificate(signer: Path) -> None:
    (signer / "key.pem").write_bytes(issue()[1])
    _refused("signer_mismatch")


def test_an_expired_certificate(signer: Path) -> None:
    chain, key = issue(not_before=datetime.now(UTC) - timedelta(days=10), days=9)
    (signer / "chain.pem").write_bytes(chain)
    (signer / "key.pem").write_bytes(key)
    _refused("signer_expired")


def test_a_certificate_of_the_future(signer: Path) -> None:
    chain, key = issue(not_before=datetime.now(UTC) + timedelta(days=1))
    (signer / "chain.pem").write_bytes(chain)
    (signer / "key.pem").write_bytes(key)
    _refused("signer_not_yet_valid")


def test_the_algorithm_must_fit_the_key(signer: Path, settings: Settings) -> None:
    settings.SIGNER_ALGORITHM = "ps256"
    _refused("signer_unsuitable")


def test_a_chain_out_of_order(signer: Path, pair: tuple[bytes, bytes]) -> None:
    leaf = pair[0].split(b"-----END CERTIFICATE-----\n")[0] + b"-----END CERTIFICATE-----\n"
    (signer / "chain.pem").write_bytes(leaf + issue()[0])
    _refused("signer_unsuitable")


Change = Callable[[x509.CertificateBuilder, ec.EllipticCurvePrivateKey], x509.CertificateBuilder]


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


@pytest.mark.parametrize(
    "flaw", ["authority", "no purpose extension", "another purpose", "no signatures", "no issuer key", "self-signed"]
)
def test_certificates_that_may_not_sign(signer: Path, flaw: str) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "flawed")])
    issuer = subject if flaw == "self-signed" else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(_usage(sign=flaw != "no signatures"), critical=True)
    )
    if flaw == "authority":
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if flaw != "no purpose extension":
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if flaw == "another purpose" else ExtendedKeyUsageOID.EMAIL_PROTECTION
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if flaw != "no issuer key":
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = builder.add_extension(authority, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    (signer / "chain.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (signer / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _refused("signer_unsuitable")


def test_the_key_does_not_show_in_a_log(signer: Path) -> None:
    assert "PRIVATE" not in repr(load())
