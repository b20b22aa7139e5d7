"""The configured certificate chain and key: loaded, checked, and turned into the SDK's signer."""

import hashlib
import itertools
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError
from provenance.credentials.offline import OFFLINE

# Purposes a claim signer's certificate may have (C2PA 2.4 §14.5.1): C2PA claim signing, and the
# two older ones that validators accept.
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SIGNING_PURPOSES = (CLAIM_SIGNING, DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)
DEVELOPMENT_CA = "Colophon development CA"
THUMBNAIL = {"enabled": True, "long_edge": 256, "format": "jpeg", "quality": "medium"}


@dataclass(frozen=True, kw_only=True)
class SignerFacts:
    """What an operator may know of the signer. The dates are aware, in UTC."""

    common_name: str
    certificate_sha256: str
    not_before: datetime
    not_after: datetime
    development: bool


@dataclass(frozen=True, kw_only=True)
class Material:
    """A chain (leaf first) and its key, both PEM, that belong together."""

    chain: bytes
    key: bytes
    facts: SignerFacts

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.chain + b"\0" + self.key).hexdigest()

    def __repr__(self) -> str:  # the key must not reach a log or an error page
        return f"Material({self.facts.common_name!r})"


def check_signer() -> SignerFacts:
    """Load and check what ``SIGNER_CHAIN`` and ``SIGNER_KEY`` name, without signing anything.

    Raises :class:`CredentialError` with one of ``signer_missing``, ``signer_unreadable``,
    ``signer_mismatch``, ``signer_expired``, ``signer_not_yet_valid``, ``signer_unsuitable``.
    """
    return load().facts


def load() -> Material:
    """As :func:`check_signer`, with the bytes."""
    chain, key = _read(Path(settings.SIGNER_CHAIN)), _read(Path(settings.SIGNER_KEY))
    return Material(chain=chain, key=key, facts=examine(chain, key, algorithm=settings.SIGNER_ALGORITHM))


def facts_of(certificate: x509.Certificate) -> SignerFacts:
    """What is shown of a leaf certificate."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuers = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return SignerFacts(
        common_name=str(names[0].value) if names else certificate.subject.rfc4514_string(),
        certificate_sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        development=any(name.value == DEVELOPMENT_CA for name in issuers),
    )


def examine(chain: bytes, key: bytes, *, algorithm: str = "es256") -> SignerFacts:
    """Check a chain (PEM, leaf first) and a private key (PEM) as a pair; raises as :func:`check_signer`."""
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError:
        raise CredentialError(
            "signer_unreadable", _("The signing certificate is not readable as PEM: check COLOPHON_SIGNER_CHAIN.")
        ) from None
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError):
        # The cause stays out of the traceback: it may quote the key.
        raise CredentialError(
            "signer_unreadable",
            _("The signing key is not readable as an unencrypted PEM key: check COLOPHON_SIGNER_KEY."),
        ) from None
    leaf = certificates[0]
    if private.public_key() != leaf.public_key():
        raise CredentialError(
            "signer_mismatch",
            _("The signing key does not belong to the signing certificate. Put the matching pair in place."),
        )
    _check_purpose(certificates)
    if not _fits(private, algorithm):
        raise _unsuitable(_("the key cannot sign with the algorithm in COLOPHON_SIGNER_ALGORITHM"))
    facts, now = facts_of(leaf), datetime.now(UTC)
    if now < facts.not_before:
        raise CredentialError(
            "signer_not_yet_valid",
            _("The signing certificate is not valid before %(when)s. Check this machine's clock.")
            % {"when": facts.not_before.isoformat()},
        )
    if now > facts.not_after:
        raise CredentialError(
            "signer_expired",
            _("The signing certificate expired on %(when)s. Put a new one in place, or run create_signer.")
            % {"when": facts.not_after.isoformat()},
        )
    return facts


def _check_purpose(certificates: list[x509.Certificate]) -> None:
    """The requirements the SDK would otherwise only report after signing (C2PA 2.4 §14.5.1)."""
    leaf, extensions = certificates[0], certificates[0].extensions

    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise _unsuitable(_("it belongs to a certificate authority"))
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound as missing:
        raise _unsuitable(_("it lacks the extension %(oid)s") % {"oid": missing.oid.dotted_string}) from None
    if not usage.digital_signature:
        raise _unsuitable(_("its key usage does not allow digital signatures"))
    if not any(purpose in purposes for purpose in SIGNING_PURPOSES):
        raise _unsuitable(_("its extended key usage allows neither claim signing nor document or e-mail signing"))
    for issued, issuer in itertools.pairwise(certificates):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise _unsuitable(_("the chain is out of order: leaf first, then each issuer")) from None
    if leaf.subject == leaf.issuer:
        raise _unsuitable(_("it is self-signed"))


def _unsuitable(reason: str) -> CredentialError:
    sentence = _("The signing certificate cannot sign credentials: %(reason)s.") % {"reason": reason}
    return CredentialError("signer_unsuitable", sentence)


def _fits(key: PrivateKeyTypes, algorithm: str) -> bool:
    match algorithm.lower():
        case "es256":
            return isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
        case "es384":
            return isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1)
        case "ps256":
            return isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048
        case "ed25519":
            return isinstance(key, ed25519.Ed25519PrivateKey)
    return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CredentialError(
            "signer_missing",
            _("There is no signer. Its operator runs create_signer, or sets COLOPHON_SIGNER_CHAIN and _KEY."),
            note=str(path),
        ) from None
    except OSError as error:
        raise CredentialError(
            "signer_unreadable",
            _("The signer cannot be read. Its operator must let the service read it."),
            note=f"{path}: {error.strerror}",
        ) from None


_lock = threading.Lock()
_current: tuple[int, str, Any] | None = None


def signing_context() -> tuple[Any, Material]:
    """The SDK context that signs, and what it signs with.

    It belongs to one process (a context made before a fork fails in the child) and is made when
    that process first signs, again when the files or the TSA change. Threads may share it.
    Raises as :func:`check_signer`, and ``signer_unsuitable`` when the SDK refuses the pair.
    """
    global _current
    import c2pa

    material = load()
    fingerprint = f"{material.fingerprint} {settings.SIGNER_ALGORITHM} {settings.TSA_URL}"
    with _lock:
        if _current is None or _current[:2] != (os.getpid(), fingerprint):
            info = c2pa.C2paSignerInfo(
                settings.SIGNER_ALGORITHM.lower(), material.chain, material.key, settings.TSA_URL or None
            )
            try:
                # ``sign`` reads everything back itself; the SDK need not do it a second time.
                verify = {**OFFLINE["verify"], "verify_after_sign": False}
                options = {**OFFLINE, "verify": verify, "builder": {"thumbnail": THUMBNAIL}}
                context = c2pa.Context.from_dict(options, c2pa.Signer.from_info(info))
            except c2pa.C2paError as error:
                raise _unsuitable(str(error)) from error
            _current = (os.getpid(), fingerprint, context)
        return _current[2], material
