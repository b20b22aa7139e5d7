"""Read a list of trusted certificates as it is published: JSON (ETSI TS 119 602, as C2PA uses it) or PEM.

The SDK passes over what it cannot read without a word, and it does not keep kinds of roots apart: one that is
listed for time stamps only would make a claim signer trusted. So both are decided here.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError

SIGNER, TSA, CAWG = "signer", "tsa", "cawg"
KINDS = (SIGNER, TSA, CAWG)
LARGEST = 5_000_000

TRUSTED_STATUS = "http://c2pa.org/conformance/trust-list/trusted"
# One of these must be among an authority's purposes, if it names any, for it to vouch for that kind.
_CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_PURPOSES = {
    SIGNER: {_CLAIM_SIGNING, _DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION},
    TSA: {ExtendedKeyUsageOID.TIME_STAMPING},
    CAWG: {_DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION},
}
_NAMES = {"C2PA Trust List": SIGNER, "C2PA TSA Trust List": TSA}


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A list that can be used. ``sha256`` is of the file as given, ``pem`` what the SDK gets."""

    kind: str
    form: str
    sha256: str
    pem: str
    count: int
    issued: str


def parse(data: bytes, *, kind: str) -> Parsed:
    """Read *data* as a list of *kind*.

    Raises :class:`CredentialError`: ``trust_list_unreadable`` (no such list, or a certificate in it that
    cannot be parsed), ``trust_list_empty``, ``trust_list_wrong_kind`` (the list says it is of another kind, or holds
    an authority whose purposes are of another kind only).
    """
    if len(data) > LARGEST:
        raise _unreadable(_("it is larger than %(limit)s bytes") % {"limit": LARGEST})
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    form, issued = ("json", "") if text.startswith(b"{") else ("pem", "")
    if form == "json":
        certificates, issued = _of_json(text, kind)
    else:
        certificates = _of_pem(text)
    if not certificates:
        raise CredentialError("trust_list_empty", _("The trust list holds no certificate that is trusted now."))
    for certificate in certificates:
        _check_purpose(certificate, kind)
    unique = {certificate.public_bytes(Encoding.PEM): None for certificate in certificates}
    return Parsed(
        kind=kind,
        form=form,
        sha256=hashlib.sha256(data).hexdigest(),
        pem=b"".join(unique).decode(),
        count=len(unique),
        issued=issued,
    )


def _of_pem(data: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError:
        raise _unreadable(_("it is neither JSON nor a PEM bundle of certificates")) from None
    # The parser skips what it does not take for a certificate.
    if len(found) != data.count(b"-----BEGIN"):
        raise _unreadable(_("not everything in it is a certificate"))
    return found


def _of_json(data: bytes, kind: str) -> tuple[list[x509.Certificate], str]:
    try:
        listed = json.loads(data)["LoTE"]
        about = listed["ListAndSchemeInformation"]
        names = [str(name["value"]) for name in about["SchemeName"]]
        issued = str(about.get("ListIssueDateTime", ""))[:40]
        values = [value for entity in listed["TrustedEntitiesList"] for value in _values(entity)]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise _unreadable(_("it is not a list of trusted entities (ETSI TS 119 602)")) from None
    for name in names:
        if _NAMES.get(name, kind) != kind:
            raise _wrong_kind(_("it calls itself “%(name)s”") % {"name": name[:100]})
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(value, validate=True)) for value in values], issued
    except (ValueError, TypeError, binascii.Error):
        raise _unreadable(_("a certificate in it cannot be parsed")) from None


def _values(entity: dict[str, Any]) -> list[str]:
    """Certificates of the services of *entity* that are trusted now, base64 DER."""
    found = []
    for service in entity["TrustedEntityServices"]:
        information = service["ServiceInformation"]
        if information["ServiceStatus"] == TRUSTED_STATUS:
            found += [item["val"] for item in information["ServiceDigitalIdentity"]["X509Certificates"]]
    return found


def _check_purpose(certificate: x509.Certificate, kind: str) -> None:
    try:
        purposes = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return  # an authority for anything: which list it stands on says for what
    except ValueError:
        raise _unreadable(_("a certificate in it cannot be parsed")) from None
    if not purposes & {*_PURPOSES[kind], ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}:
        name = certificate.subject.rfc4514_string()[:100]
        raise _wrong_kind(_("“%(name)s” is for other purposes") % {"name": name})


def _unreadable(reason: str) -> CredentialError:
    return CredentialError("trust_list_unreadable", _("The trust list cannot be read: %(why)s.") % {"why": reason})


def _wrong_kind(reason: str) -> CredentialError:
    sentence = _("The trust list is not of the kind it was given as: %(why)s.") % {"why": reason}
    return CredentialError("trust_list_wrong_kind", sentence)
