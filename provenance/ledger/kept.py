"""Checkpoints that somebody else kept: what an export says about our own past."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.utils.translation import gettext as _

from provenance.ledger import signing_key
from provenance.ledger.errors import LedgerError
from provenance.ledger.examine import Signed


@dataclass(frozen=True, kw_only=True)
class KeptElsewhere:
    """The checkpoints of one export."""

    checkpoints: tuple[Signed, ...]


def read_export(path: Path) -> KeptElsewhere:
    """Raises :class:`LedgerError` ``export_unreadable``, or ``OSError``."""
    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read("checkpoints.jsonl").decode().splitlines()
        found = [json.loads(line) for line in lines if line]
        signed = (Signed(body=str(one["body"]), signature=str(one["signature"]), key=str(one["key"])) for one in found)
        return KeptElsewhere(checkpoints=tuple(signed))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise LedgerError("export_unreadable", _("%(path)s is no export of a ledger.") % {"path": path}) from error


def read_key(path: Path) -> dict[str, str]:
    """PEM by fingerprint. Raises :class:`LedgerError` ``key_unreadable``, or ``OSError``."""
    data = path.read_bytes()
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise LedgerError("key_unreadable", _("%(path)s is no Ed25519 public key (PEM).") % {"path": path})
    return {signing_key.fingerprint(key): data.decode()}
