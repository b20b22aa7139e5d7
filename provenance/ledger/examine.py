"""Whether a chain holds together with the checkpoints that were signed over it. No database.

This is the service's own verifier. ``offline_verifier.py`` does the same for whoever gets an export, and is
written apart on purpose: a mistake in one does not hide in the other (a property test compares them).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from provenance.ledger import chain
from provenance.ledger.chain import GENESIS, Break, Entry
from provenance.ledger.merkle import Frontier


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A checkpoint as it is stored. ``body`` is the signed text, ``signature`` 64 bytes in hex."""

    body: str
    signature: str
    key: str

    def statement(self) -> dict[str, Any]:
        """What the body says, ``{}`` when it is no JSON object."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def examine(
    entries: Iterable[tuple[Entry, str]], checkpoints: Iterable[Signed], keys: Mapping[str, str]
) -> tuple[int, int, list[Break]]:
    """How many events there are, how many of them the last checkpoint covers, and every break.

    *entries* are ``(entry, recorded digest)`` in order; *keys* are PEM by fingerprint.
    """
    breaks: list[Break] = []
    awaited: dict[int, list[dict[str, Any]]] = {}
    covered = 0
    for signed in checkpoints:
        said = signed.statement()
        size = said.get("size")
        if not isinstance(size, int) or not signature_holds(signed, keys):
            breaks.append(Break(size if isinstance(size, int) else 0, "a checkpoint's signature does not hold"))
            continue
        awaited.setdefault(size, []).append(said)
        covered = max(covered, size)
    frontier, previous, count = Frontier(), GENESIS, 0
    for entry, recorded in entries:
        count += 1
        breaks += chain.check(entry, recorded, place=count, previous=previous)
        previous = recorded
        try:
            frontier.add(bytes.fromhex(recorded))
        except ValueError:
            frontier.add(recorded.encode())
        for said in awaited.pop(count, []):
            if said.get("root") != frontier.root().hex() or said.get("head") != recorded:
                breaks.append(Break(count, "does not lead to the checkpoint signed here"))
    breaks += [Break(size, "signed by a checkpoint, and missing") for size in sorted(awaited) if size > count]
    return count, covered, breaks


def signature_holds(signed: Signed, keys: Mapping[str, str]) -> bool:
    """Whether the body was signed by the key it names, and we know that key."""
    if signed.key not in keys or signed.statement().get("key") != signed.key:
        return False
    try:
        key = load_pem_public_key(keys[signed.key].encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(bytes.fromhex(signed.signature), signed.body.encode())
    except (ValueError, InvalidSignature):
        return False
    return True
