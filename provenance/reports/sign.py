"""A report as a signed JSON document, and reading one back.

The signature (Ed25519, RFC 8032) is over the canonical form of format and record, by the key that signs the ledger's
checkpoints: like them, a report is a statement of this service that has to outlive a picture's signer. A document has
one way of being written; any other bytes, were it a blank more, are not what was signed.
"""

import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.utils.translation import gettext as _

from provenance.ledger import signing_key
from provenance.ledger.chain import canonical
from provenance.ledger.models import CheckpointKey
from provenance.reports.errors import ReportError

FORMAT = "colophon-report/1"
# A report holds a vector, a map and a thumbnail: a hundredth of this.
LARGEST = 8 * 1024 * 1024


@dataclass(frozen=True)
class Document:
    """What a file holds. ``flaw`` is empty when it is as it was signed, else ``altered`` or ``signature_wrong``.

    ``key`` is the signing key's fingerprint; ``known`` whether it is, or was, this service's.
    """

    record: dict[str, Any]
    key: str
    known: bool
    flaw: str = ""


def signed(record: dict[str, Any]) -> str:
    """The document of *record*, as text. Raises ``LedgerError`` ``ledger_key_unreadable``."""
    key = signing_key.load_or_make()
    public = key.public_key()
    signature = {
        "algorithm": "Ed25519",
        "over": "canonical JSON (sorted keys, no spaces, UTF-8) of format and record",
        "key": signing_key.fingerprint(public),
        "public_key": signing_key.public_pem(public),
        "value": key.sign(_body(record)).hex(),
    }
    return _written({"format": FORMAT, "record": record, "signature": signature})


def read(data: bytes) -> Document:
    """What *data* says, and whether it is as it was signed.

    Raises ``ReportError`` ``report_unreadable`` for what is no report at all.
    """
    try:
        if len(data) > LARGEST:
            raise ValueError("too large")
        text = data.decode()
        said = json.loads(text)
        form, record, signature = said["format"], dict(said["record"]), dict(said["signature"])
        public = load_pem_public_key(str(signature["public_key"]).encode())
        value, body, written = bytes.fromhex(signature["value"]), _body(record), _written(said)
    except (ValueError, KeyError, TypeError, RecursionError, UnsupportedAlgorithm) as error:
        raise _unreadable() from error
    if form != FORMAT or not isinstance(public, Ed25519PublicKey):
        raise _unreadable()
    key = signing_key.fingerprint(public)
    flaw = ""
    try:
        public.verify(value, body)
        if written != text or signature.get("key") != key:
            flaw = "altered"
    except InvalidSignature:
        flaw = "signature_wrong"
    return Document(record, key, _is_ours(key), flaw)


def _body(record: dict[str, Any]) -> bytes:
    return canonical({"format": FORMAT, "record": record})


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _is_ours(fingerprint: str) -> bool:
    if CheckpointKey.objects.filter(fingerprint=fingerprint).exists():
        return True
    return fingerprint == signing_key.fingerprint(signing_key.load_or_make().public_key())


def _unreadable() -> ReportError:
    return ReportError("report_unreadable", _("This file is no report of this kind, or it is damaged."))
