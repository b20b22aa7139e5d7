"""The key that signs checkpoints: Ed25519, made on first use, apart from the one that signs pictures.

Its own key, because the two promises differ: a picture's signer may be rotated, live in a hardware module or
be a customer's, while the ledger's key should outlive them all and may be kept on one machine.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.utils.translation import gettext as _

from provenance.ledger.errors import LedgerError


def load_or_make() -> Ed25519PrivateKey:
    """The key in ``settings.LEDGER_KEY``. Raises :class:`LedgerError` ``ledger_key_unreadable``.

    Two processes that start together agree: whoever links the file first wins.
    """
    path = Path(settings.LEDGER_KEY)
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(
            "ledger_key_unreadable",
            _("%(path)s is no readable Ed25519 key (PEM, PKCS#8): check COLOPHON_LEDGER_KEY.") % {"path": path},
        )
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key as SubjectPublicKeyInfo (DER), hex."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, candidate = tempfile.mkstemp(dir=path.parent, prefix=".ledger-key-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(candidate, path)
    finally:
        Path(candidate).unlink()
