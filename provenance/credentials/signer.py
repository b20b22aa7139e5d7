"""The certificate chain and key that sign now: loaded, checked, and turned into the SDK's signer."""

import hashlib
import os
import threading
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from provenance.credentials.certificate import (
    SignerFacts,
    check_certificate,
    check_dates,
    facts_of,
    parse_chain,
    unsuitable,
)
from provenance.credentials.errors import CredentialError
from provenance.credentials.keys import Key, PemKey, RemoteKey, open_key, read_pem
from provenance.credentials.offline import OFFLINE
from provenance.credentials.signers import Configured, current

THUMBNAIL = {"enabled": True, "long_edge": 256, "format": "jpeg", "quality": "medium"}


@dataclass(frozen=True, kw_only=True)
class Material:
    """A chain (PEM, leaf first) and the key that belongs to it."""

    chain: bytes
    key: Key
    facts: SignerFacts
    algorithm: str

    @property
    def fingerprint(self) -> str:
        parts = (self.chain, self.key.fingerprint.encode(), self.algorithm.encode())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def __repr__(self) -> str:
        return f"Material({self.facts.common_name!r})"


def check_signer() -> SignerFacts:
    """Load and check the signer whose turn it is, without signing anything.

    Raises :class:`CredentialError` with one of ``signer_missing``, ``signer_unreadable``,
    ``signer_mismatch``, ``signer_expired``, ``signer_not_yet_valid``, ``signer_unsuitable``,
    ``signer_unavailable`` (its key is elsewhere and does not answer; not permanent).
    """
    return load().facts


def load(configured: Configured | None = None) -> Material:
    """As :func:`check_signer`, of any configured signer, with what it signs with."""
    which = configured or current()
    chain, key = read_pem(which.chain), _key(which)
    facts = examine(chain, key, algorithm=which.algorithm)
    return Material(chain=chain, key=key, facts=facts, algorithm=which.algorithm.lower())


def examine(chain: bytes, key: Key | bytes, *, algorithm: str = "es256") -> SignerFacts:
    """Check a chain (PEM, leaf first) and a key (PEM, or where it is) as a pair; raises as :func:`check_signer`."""
    key = PemKey("file", key) if isinstance(key, bytes) else key
    at = (os.getpid(), key.fingerprint, hashlib.sha256(chain).hexdigest(), algorithm)
    facts = _examined.get(at)
    if facts is None:
        certificates = parse_chain(chain)
        facts = facts_of(certificates[0])
        if not key.belongs_to(certificates[0]):
            raise CredentialError(
                "signer_mismatch",
                _("The signing key does not belong to the signing certificate. Put the matching pair in place."),
            )
        check_certificate(certificates, algorithm=algorithm)
        _examined[at] = facts
    check_dates(facts)  # what was fine an hour ago may have expired since
    return facts


def _key(which: Configured) -> Key:
    """The key; one that is elsewhere is opened once in each process."""
    at = (os.getpid(), which.key, which.algorithm)
    with _lock:
        if at in _remote:
            return _remote[at]
    key = open_key(which.key, algorithm=which.algorithm)
    if isinstance(key, RemoteKey):
        with _lock:
            return _remote.setdefault(at, key)
    return key


_lock = threading.Lock()
_remote: dict[tuple[int, str, str], RemoteKey] = {}
# Pairs found to be in order by this process: nothing but the calendar can change that, and a key that is
# elsewhere need not prove itself before each signature.
_examined: dict[tuple[int, str, str, str], SignerFacts] = {}
_current: tuple[int, str, Any] | None = None


def signing_context(*, timestamp: bool = True) -> tuple[Any, Material]:
    """The SDK context that signs, and what it signs with; without *timestamp* the TSA is left alone.

    It belongs to one process (a context made before a fork fails in the child) and is made when
    that process first signs, again when the signer or the TSA change. Threads may share it.
    Raises as :func:`check_signer`, and ``signer_unsuitable`` when the SDK refuses the pair.
    """
    global _current

    material = load()
    tsa = settings.TSA_URL if timestamp else ""
    fingerprint = f"{material.fingerprint} {tsa}"
    with _lock:
        if _current is None or _current[:2] != (os.getpid(), fingerprint):
            _current = (os.getpid(), fingerprint, new_context(material, tsa=tsa))
        return _current[2], material


def new_context(material: Material, *, tsa: str, core: dict[str, Any] | None = None, **builder: Any) -> Any:
    """A context of the SDK that signs with *material*.

    *core* stands in for the offline settings of that name; *builder* are more settings of its builder.
    """
    import c2pa

    try:
        # ``sign`` reads everything back itself; the SDK need not do it a second time.
        verify = {**OFFLINE["verify"], "verify_after_sign": False}
        options = {
            **OFFLINE,
            "core": core or OFFLINE["core"],
            "verify": verify,
            "builder": {"thumbnail": THUMBNAIL, **builder},
        }
        return c2pa.Context.from_dict(options, _sdk_signer(material, tsa=tsa))
    except c2pa.C2paError as error:
        raise unsuitable(str(error)) from error


def _sdk_signer(material: Material, *, tsa: str) -> Any:
    import c2pa

    if isinstance(material.key, PemKey):
        info = c2pa.C2paSignerInfo(material.algorithm, material.chain, material.key.pem, tsa or None)
        return c2pa.Signer.from_info(info)
    assert isinstance(material.key, RemoteKey)
    algorithm = c2pa.C2paSigningAlg[material.algorithm.upper()]
    return c2pa.Signer.from_callback(material.key.sign, algorithm, material.chain.decode(), tsa or None)
