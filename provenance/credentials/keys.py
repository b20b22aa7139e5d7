"""Where the signing key is: in a file, in a setting, in a PKCS#11 token, or behind a function.

===========================================  =====================================================
``/etc/colophon/key.pem``                    a PEM file
``-----BEGIN PRIVATE KEY-----…``             the PEM itself (from a secret: ``COLOPHON_SIGNER_KEY_FILE``)
``pkcs11:token=…;object=…?module-path=…``    a key that never leaves its token (see ``pkcs11_key.py``)
``callback:package.module.function``         ``function(data: bytes) -> bytes`` signs, wherever the key is
===========================================  =====================================================

With the last two this process never holds the key: it hands over the bytes to be signed and gets a
signature back, DER or (for ECDSA) raw ``r ‖ s``.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError

log = structlog.get_logger(__name__)

PEM = "-----BEGIN"
PKCS11, CALLBACK = "pkcs11:", "callback:"


class Key(Protocol):
    """Something that belongs to a certificate. ``kind`` is for people, ``fingerprint`` for caches."""

    @property
    def kind(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    def belongs_to(self, leaf: x509.Certificate) -> bool: ...


@dataclass(frozen=True)
class PemKey:
    """A key this process holds."""

    kind: str
    pem: bytes

    def __repr__(self) -> str:  # the key must not reach a log or an error page
        return f"PemKey({self.kind!r})"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.pem).hexdigest()

    def belongs_to(self, leaf: x509.Certificate) -> bool:
        return bool(self._load().public_key() == leaf.public_key())

    def _load(self) -> PrivateKeyTypes:
        try:
            return load_pem_private_key(self.pem, password=None)
        except (ValueError, TypeError):
            # The cause stays out of the traceback: it may quote the key.
            raise CredentialError(
                "signer_unreadable",
                _("The signing key is not readable as an unencrypted PEM key: check COLOPHON_SIGNER_KEY."),
            ) from None


class RemoteKey:
    """A key that is elsewhere; *sign* is asked for each signature.

    What *sign* raises is logged here, because the SDK swallows it, and kept for :meth:`failure`.
    """

    def __init__(self, *, kind: str, address: str, sign: Callable[[bytes], bytes]) -> None:
        self.kind = kind
        self.fingerprint = hashlib.sha256(address.encode()).hexdigest()
        self._sign = sign
        self._failed = threading.local()

    def sign(self, data: bytes) -> bytes:
        self._failed.error = None
        try:
            return self._sign(data)
        except Exception as error:
            self._failed.error = error
            log.exception("signing_key_failed", kind=self.kind)
            raise

    @property
    def failure(self) -> Exception | None:
        """What the last :meth:`sign` in this thread raised."""
        return getattr(self._failed, "error", None)

    def belongs_to(self, leaf: x509.Certificate) -> bool:
        """Asked to sign something new, does it answer with a signature the certificate verifies?

        Raises :class:`CredentialError` ``signer_unavailable`` when it does not answer.
        """
        probe = b"colophon key check " + secrets.token_bytes(32)
        try:
            signature = self.sign(probe)
        except Exception as error:
            raise unavailable(error) from error
        return verifies(leaf, probe, signature)


def open_key(address: str, *, algorithm: str) -> Key:
    """The key at *address*. Raises :class:`CredentialError`: ``signer_missing``, ``_unreadable``, ``_unavailable``."""
    if address.startswith(PEM):
        return PemKey("setting", address.encode())
    if address.startswith(PKCS11):
        from provenance.credentials.pkcs11_key import open_token

        return RemoteKey(kind="pkcs11", address=address, sign=open_token(address, algorithm=algorithm))
    if address.startswith(CALLBACK):
        try:
            sign = import_string(address.removeprefix(CALLBACK))
        except ImportError as error:
            raise unavailable(error) from error
        return RemoteKey(kind="callback", address=address, sign=sign)
    return PemKey("file", read_file(Path(address)))


def read_pem(text_or_path: str) -> bytes:
    """A certificate chain: the PEM itself, or the file at that path."""
    return text_or_path.encode() if text_or_path.startswith(PEM) else read_file(Path(text_or_path))


def read_file(path: Path) -> bytes:
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


def unavailable(error: Exception) -> CredentialError:
    """The holder of the key does not answer as it should; it may by and by."""
    if isinstance(error, CredentialError):
        return error
    return CredentialError(
        "signer_unavailable",
        _("The holder of the signing key does not answer; signing is tried again later."),
        permanent=False,
        note=f"{type(error).__name__}: {error}",
    )


def verifies(leaf: x509.Certificate, data: bytes, signature: bytes) -> bool:
    """Whether *signature* over *data* is by the key of *leaf*, by one of C2PA's algorithms (2.4 §13.2)."""
    key = leaf.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            digest = hashes.SHA384() if isinstance(key.curve, ec.SECP384R1) else hashes.SHA256()
            key.verify(_der(signature, key.curve), data, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def _der(signature: bytes, curve: ec.EllipticCurve) -> bytes:
    """DER of an ECDSA signature that may be raw ``r ‖ s``."""
    half = (curve.key_size + 7) // 8
    if len(signature) != 2 * half:
        return signature
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
