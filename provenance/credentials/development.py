"""A local certificate authority and signer, so that a fresh machine can sign without anybody's leave.

Its credentials read as *valid, not trusted*: anybody can make such a certificate.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from generation.blobs import sync_folder
from provenance.credentials.certificate import CLAIM_SIGNING, DEVELOPMENT_CA, SignerFacts, facts_of
from provenance.credentials.errors import CredentialError
from provenance.credentials.keys import PEM
from provenance.credentials.signer import examine, load
from provenance.credentials.signers import FIRST, configured, retire

DAYS = 365
CLOCK_SKEW = timedelta(minutes=5)
# Errors that a new development pair mends; all others are about a signer somebody else put there.
_MENDABLE = ("signer_expired", "signer_not_yet_valid", "signer_mismatch", "signer_unreadable")


def create(*, force: bool = False) -> tuple[SignerFacts, bool]:
    """Make sure that a signer is in place; return it and whether it is new.

    A usable signer is left alone unless *force*. A development pair that is expired, mismatched or
    half there is replaced as a pair. Certificates this module did not issue are never replaced
    (``signer_not_ours``), nor is a signer that is not in files. Two processes at once make one pair.
    The chain of a replaced signer is kept among the retired ones, its key is not.
    """
    first = next(it for it in configured() if it.name == FIRST)
    if first.kind != "file" or first.chain.startswith(PEM):
        return load(first).facts, False
    chain, key = Path(settings.SIGNER_CHAIN), Path(settings.SIGNER_KEY)
    for path in (chain, key):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(key.parent / ".create-signer.lock"):
        for path in (chain, key):  # left by a run that was killed while writing
            for stale in path.parent.glob(f".{path.name}-*"):
                stale.unlink()
        if chain.exists() or key.exists():
            facts = _existing(chain, key)
            if facts is not None and not force:
                return facts, False
            _refuse_if_not_ours(chain, key)
            if chain.exists():
                retire(chain.read_bytes())
        _replace_pair(chain, key, *issue())
        return examine(chain.read_bytes(), key.read_bytes()), True


def issue(*, not_before: datetime | None = None, days: int = DAYS) -> tuple[bytes, bytes]:
    """A new chain (PEM, leaf first) and key (PEM, PKCS#8): ES256 under an authority of its own.

    The authority's key is thrown away as soon as it has signed this one certificate. So nobody can
    ever issue another one under it, and an operator may put it on a trust list for tests without
    trusting more than this signer. Renewal makes a new authority.
    """
    start = not_before or datetime.now(UTC) - CLOCK_SKEW
    end = start + timedelta(days=days)
    authority_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, leaf_name = _name(DEVELOPMENT_CA), _name("Colophon development signer")
    authority_ski = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key(), start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(authority_ski, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        _certificate(leaf_name, authority_name, leaf_key.public_key(), start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_ski),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    chain = leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    return chain, leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _existing(chain: Path, key: Path) -> SignerFacts | None:
    """The signer in place, or None when a new development pair would mend it."""
    if not (chain.exists() and key.exists()):
        return None
    try:
        return examine(chain.read_bytes(), key.read_bytes(), algorithm=settings.SIGNER_ALGORITHM)
    except CredentialError as error:
        if error.code in _MENDABLE:
            return None
        raise


def _refuse_if_not_ours(chain: Path, key: Path) -> None:
    """Never destroy a key that may be the only copy of somebody's real one."""
    at_home = settings.KEY_DIR in chain.parents and settings.KEY_DIR in key.parents
    ours = at_home
    if chain.exists():
        try:
            ours = facts_of(x509.load_pem_x509_certificates(chain.read_bytes())[0]).development
        except ValueError:
            ours = at_home
    if not ours:
        raise CredentialError(
            "signer_not_ours",
            _(
                "The signer at %(path)s was not made by create_signer, so it is left as it is. "
                "Remove both files yourself, or point COLOPHON_SIGNER_CHAIN and COLOPHON_SIGNER_KEY elsewhere."
            )
            % {"path": chain},
        )


def _replace_pair(chain: Path, key: Path, chain_pem: bytes, key_pem: bytes) -> None:
    """Put a new pair in place so that an interruption at any point leaves no mismatching pair.

    Two files cannot be renamed as one. So the old chain goes first: until the new chain is there,
    the signer is *missing*, which the next run mends, and never a key with another's certificate.
    """
    staged_key, staged_chain = _stage(key, key_pem, 0o600), None
    try:
        staged_chain = _stage(chain, chain_pem, 0o644)
        chain.unlink(missing_ok=True)
        sync_folder(chain.parent)
        staged_key.replace(key)
        sync_folder(key.parent)
        staged_chain.replace(chain)
        sync_folder(chain.parent)
    finally:
        staged_key.unlink(missing_ok=True)
        if staged_chain is not None:
            staged_chain.unlink(missing_ok=True)


def _stage(target: Path, data: bytes, mode: int) -> Path:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fchmod(out.fileno(), mode)
        os.fsync(out.fileno())
    return Path(name)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process, however it ends."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Colophon development"),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})
