"""Salted commitments: the chain holds a hash, the value can be erased. Pure.

A commitment is SHA-256 over the canonical JSON of the field's name, 32 random bytes (hex) and the value.
Without the salt nobody can try out values, so once value and salt are gone it says nothing more.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from provenance.ledger.chain import canonical

ACTOR = "actor"
PREFIX = "commitment:"
FIELD = "commitment"


def new_salt() -> str:
    return secrets.token_hex(32)


def commit(*, name: str, salt: str, value: object) -> str:
    """64 hex digits that stand for *value* as the field *name*."""
    return hashlib.sha256(canonical({"name": name, "salt": salt, "value": value})).hexdigest()


def commitments_of(actor: str, payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """``(name, commitment)`` of every personal value an event stands for."""
    if actor.startswith(PREFIX):
        yield ACTOR, actor.removeprefix(PREFIX)
    for name, value in payload.items():
        if isinstance(value, dict) and set(value) == {FIELD}:
            yield name, str(value[FIELD])


def plain(value: object) -> Any:
    """*value* as JSON that every database gives back unchanged.

    Numbers with a fraction become text (databases write them in their own way), characters that
    PostgreSQL cannot hold are dropped, and whatever is no JSON becomes its text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()
