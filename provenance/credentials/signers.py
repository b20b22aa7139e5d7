"""Which signers there are, which one signs now, and which certificates are this service's own.

The first signer is ``SIGNER_CHAIN``, ``SIGNER_KEY`` and ``SIGNER_ALGORITHM``. ``SIGNERS`` adds others,
each with the moment from which it signs, so that a rotation is written down before it happens::

    COLOPHON_SIGNERS=[{"name": "2027", "chain": "/keys/2027.pem", "key": "pkcs11:…", "from": "2027-01-01"}]

The one with the latest moment that has come signs. Nothing falls back to an older signer by itself: a
signer that cannot sign is an error for its operator. Chains of development signers that were replaced are
kept in ``KEY_DIR/retired`` (without their keys), so that files they signed stay known as this service's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from provenance.credentials.certificate import SignerFacts, facts_of, parse_chain
from provenance.credentials.errors import CredentialError
from provenance.credentials.keys import CALLBACK, PEM, PKCS11, read_pem

FIRST = "default"
ALWAYS = datetime.min.replace(tzinfo=UTC)
SIGNING, NEXT, BEFORE, RETIRED = "signing", "next", "before", "retired"


@dataclass(frozen=True, kw_only=True)
class Configured:
    """One signer as the settings have it; ``since`` is aware."""

    name: str
    chain: str
    key: str
    algorithm: str = "es256"
    since: datetime = ALWAYS

    def __repr__(self) -> str:  # chain and key may be the PEM itself
        return f"Configured({self.name!r})"

    @property
    def kind(self) -> str:
        """Where its key is: ``file``, ``setting``, ``pkcs11`` or ``callback``."""
        kinds = {PKCS11: "pkcs11", CALLBACK: "callback", PEM: "setting"}
        return next((kind for start, kind in kinds.items() if self.key.startswith(start)), "file")


@dataclass(frozen=True, kw_only=True)
class Status:
    """How one signer stands. ``standing``: signing, next (its day has not come), before, or retired.

    ``facts`` is None and ``error`` says why when it cannot be used.
    """

    name: str
    standing: str
    kind: str
    algorithm: str
    since: datetime
    facts: SignerFacts | None
    error: CredentialError | None = None


def configured() -> list[Configured]:
    """Every signer in the settings, in the order in which they take over.

    Raises ``ImproperlyConfigured`` for an entry of ``SIGNERS`` that is none.
    """
    first = Configured(
        name=FIRST,
        chain=str(settings.SIGNER_CHAIN),
        key=str(settings.SIGNER_KEY),
        algorithm=settings.SIGNER_ALGORITHM,
    )
    return sorted([first, *(_entry(item) for item in settings.SIGNERS)], key=lambda it: it.since)


def current(now: datetime | None = None) -> Configured:
    """The signer whose turn it is at *now* (aware; this moment unless given)."""
    moment = now or datetime.now(UTC)
    return [it for it in configured() if it.since <= moment][-1]


def statuses() -> list[Status]:
    """Every signer, configured or retired, as it stands; keys that are elsewhere are asked to sign once."""
    from provenance.credentials.signer import load

    turn, found = current(), []
    for it in configured():
        standing = SIGNING if it == turn else NEXT if it.since > turn.since else BEFORE
        facts, error = None, None
        try:
            facts = load(it).facts
        except CredentialError as caught:
            error = caught
        found.append(
            Status(
                name=it.name,
                standing=standing,
                kind=it.kind,
                algorithm=it.algorithm,
                since=it.since,
                facts=facts,
                error=error,
            )
        )
    for leaf in _retired():
        facts = facts_of(leaf)
        found.append(Status(name="", standing=RETIRED, kind="", algorithm="", since=facts.not_before, facts=facts))
    return found


def known_certificates() -> frozenset[str]:
    """SHA-256 of every certificate this service signs, signed or will sign with, by its settings."""
    found = {facts_of(leaf).certificate_sha256 for leaf in _retired()}
    for it in configured():
        try:
            found.add(facts_of(parse_chain(read_pem(it.chain))[0]).certificate_sha256)
        except CredentialError:
            continue
    return frozenset(found)


def retire(chain: bytes) -> None:
    """Keep *chain* (PEM) as one that signed here; its key is not kept. What is no chain is passed over."""
    try:
        sha256 = facts_of(parse_chain(chain)[0]).certificate_sha256
    except CredentialError:
        return
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{sha256}"
    staged.write_bytes(chain)
    staged.replace(folder / f"{sha256}.pem")


def _retired() -> list[x509.Certificate]:
    found = []
    for path in sorted(_folder().glob("*.pem")):
        try:
            found.append(parse_chain(path.read_bytes())[0])
        except (OSError, CredentialError):
            continue
    return found


def _folder() -> Path:
    return Path(settings.KEY_DIR) / "retired"


def _entry(item: object) -> Configured:
    if not isinstance(item, dict) or not {"name", "chain", "key", "from"} <= set(item):
        raise ImproperlyConfigured('COLOPHON_SIGNERS is a list of {"name", "chain", "key", "from"}, as JSON.')
    try:
        since = datetime.fromisoformat(str(item["from"]))
    except ValueError as error:
        raise ImproperlyConfigured(f"COLOPHON_SIGNERS: “{item['from']}” is no date (ISO 8601).") from error
    return Configured(
        name=str(item["name"]),
        chain=str(item["chain"]),
        key=str(item["key"]),
        algorithm=str(item.get("algorithm", "es256")),
        since=since if since.tzinfo else since.replace(tzinfo=UTC),
    )
