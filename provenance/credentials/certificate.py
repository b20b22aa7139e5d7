"""What a signing certificate must be, and what of it is shown."""

import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError

# Purposes a claim signer's certificate may have (C2PA 2.4 §14.5.1): C2PA claim signing, and the
# two older ones that validators accept.
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SIGNING_PURPOSES = (CLAIM_SIGNING, DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)
DEVELOPMENT_CA = "Colophon development CA"


@dataclass(frozen=True, kw_only=True)
class SignerFacts:
    """What an operator may know of the signer. The dates are aware, in UTC."""

    common_name: str
    certificate_sha256: str
    not_before: datetime
    not_after: datetime
    development: bool


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


def parse_chain(chain: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM chain. Raises :class:`CredentialError` ``signer_unreadable``."""
    try:
        return x509.load_pem_x509_certificates(chain)
    except ValueError:
        raise CredentialError(
            "signer_unreadable", _("The signing certificate is not readable as PEM: check COLOPHON_SIGNER_CHAIN.")
        ) from None


def check_certificate(certificates: list[x509.Certificate], *, algorithm: str) -> None:
    """The requirements the SDK would otherwise only report after signing (C2PA 2.4 §14.5.1).

    Raises :class:`CredentialError` ``signer_unsuitable``.
    """
    leaf, extensions = certificates[0], certificates[0].extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise unsuitable(_("it belongs to a certificate authority"))
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound as missing:
        raise unsuitable(_("it lacks the extension %(oid)s") % {"oid": missing.oid.dotted_string}) from None
    if not usage.digital_signature:
        raise unsuitable(_("its key usage does not allow digital signatures"))
    if not any(purpose in purposes for purpose in SIGNING_PURPOSES):
        raise unsuitable(_("its extended key usage allows neither claim signing nor document or e-mail signing"))
    for issued, issuer in itertools.pairwise(certificates):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise unsuitable(_("the chain is out of order: leaf first, then each issuer")) from None
    if leaf.subject == leaf.issuer:
        raise unsuitable(_("it is self-signed"))
    if not fits(leaf.public_key(), algorithm):
        raise unsuitable(_("the key cannot sign with the algorithm in COLOPHON_SIGNER_ALGORITHM"))


def check_dates(facts: SignerFacts) -> None:
    """Raises :class:`CredentialError` ``signer_not_yet_valid`` or ``signer_expired``."""
    now = datetime.now(UTC)
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


def unsuitable(reason: str) -> CredentialError:
    sentence = _("The signing certificate cannot sign credentials: %(reason)s.") % {"reason": reason}
    return CredentialError("signer_unsuitable", sentence)


def fits(key: PublicKeyTypes | CertificatePublicKeyTypes, algorithm: str) -> bool:
    match algorithm.lower():
        case "es256":
            return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
        case "es384":
            return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1)
        case "ps256":
            return isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048
        case "ed25519":
            return isinstance(key, ed25519.Ed25519PublicKey)
    return False
