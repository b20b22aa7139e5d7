"""The hash chain itself: canonical text, digest, verification. Pure, so that anybody can run it offline."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One event as it is hashed. ``at`` is ISO 8601 UTC text, so that no clock format changes a digest."""

    sequence: int
    key: str
    kind: str
    subject: str
    actor: str
    payload: Mapping[str, Any]
    at: str
    previous: str


@dataclass(frozen=True)
class Break:
    """Where a chain fails, and why."""

    sequence: int
    reason: str


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no spaces and UTF-8: the same value always gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(entry: Entry) -> str:
    """SHA-256 over the canonical form of every field, the previous digest included."""
    return hashlib.sha256(canonical(asdict(entry))).hexdigest()


def check(entry: Entry, recorded: str, *, place: int, previous: str) -> list[Break]:
    """Breaks of one *entry* that should stand at *place* (from 1) after the digest *previous*."""
    breaks = []
    if entry.sequence != place:
        breaks.append(Break(entry.sequence, f"expected sequence {place}"))
    if entry.previous != previous:
        breaks.append(Break(entry.sequence, "does not follow the entry before it"))
    if digest(entry) != recorded:
        breaks.append(Break(entry.sequence, "content does not match its digest"))
    return breaks


def verify(entries: Iterable[tuple[Entry, str]]) -> tuple[int, list[Break]]:
    """Check ``(entry, recorded digest)`` pairs in order; return how many were read and every break.

    A changed, missing, reordered or inserted entry breaks the chain at its place. Cutting off the
    end cannot be seen from the chain alone: checkpoints are for that (``examine.py``).
    """
    breaks: list[Break] = []
    previous, count = GENESIS, 0
    for entry, recorded in entries:
        count += 1
        breaks += check(entry, recorded, place=count, previous=previous)
        previous = recorded
    return count, breaks
