"""The number that says which state an encoder's vectors are in, and the log of what led to it."""

import time
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from similarity.models import IndexChange, VectorChange


def lock_watermark(encoder: str) -> IndexChange:
    """The encoder's row, locked until the transaction ends: take it before touching vectors.

    Writers therefore change vectors one after the other, and nobody sees a number before its vectors.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("the watermark is locked for a transaction, and there is none")
    IndexChange.objects.get_or_create(encoder=encoder)
    return IndexChange.objects.select_for_update().get(encoder=encoder)


def raise_watermark(change: IndexChange, *, added: Iterable[UUID] = (), withdrawn: Iterable[UUID] = ()) -> None:
    """Say which references' vectors came and went. *change* comes from ``lock_watermark``.

    The number is at least the time in milliseconds: a database that was made anew, or went back
    to a backup, never gives a number again that an index file on disk already carries.
    """
    previous = change.number
    change.number = max(previous + 1, time.time_ns() // 1_000_000)
    change.save(update_fields=["number"])
    VectorChange.objects.create(
        encoder=change.encoder,
        number=change.number,
        previous=previous,
        added=b"".join(reference.bytes for reference in added),
        withdrawn=b"".join(reference.bytes for reference in withdrawn),
    )


def watermark_of(encoder: str) -> int:
    """The number now; 0 for an encoder that never had a vector."""
    return next(iter(IndexChange.objects.filter(encoder=encoder).values_list("number", flat=True)), 0)


def changes_after(encoder: str, number: int, *, up_to: int, most: int) -> tuple[int, list[UUID], list[UUID]] | None:
    """The newest number, the references that came since *number* (and stayed), and those that went.

    *up_to* is a watermark read before. None when the log does not lead there from *number*, because
    it was tidied or *number* is of another history of the database, or when it tells of more than
    *most* references.
    """
    added: dict[UUID, None] = {}
    withdrawn: dict[UUID, None] = {}
    reached = number
    log = VectorChange.objects.filter(encoder=encoder, number__gt=number).order_by("number")
    for change in log.iterator():
        if change.previous != reached:
            return None
        reached = change.number
        added.update(dict.fromkeys(_uuids(change.added)))
        for reference in _uuids(change.withdrawn):
            withdrawn[reference] = None
            added.pop(reference, None)
        if len(added) + len(withdrawn) > most:
            return None
    return (reached, list(added), list(withdrawn)) if reached >= up_to else None


def withdrawn_since(encoder: str, number: int, *, up_to: int | None = None) -> bool:
    """Whether a vector went after *number* (and not after *up_to*); also where the log does not tell any more."""
    later = VectorChange.objects.filter(encoder=encoder, number__gt=number)
    if number < watermark_of(encoder) and not later.filter(previous__lte=number).exists():
        return True
    gone = later.exclude(withdrawn=b"")
    return (gone if up_to is None else gone.filter(number__lte=up_to)).exists()


def withdrawn_references(encoder: str) -> list[UUID]:
    """Every reference whose vector went, as far back as the log is kept."""
    gone = VectorChange.objects.filter(encoder=encoder).exclude(withdrawn=b"").values_list("withdrawn", flat=True)
    return [reference for change in gone.iterator() for reference in _uuids(change)]


def tidy_changes(encoder: str, *, before: int, kept_seconds: float) -> None:
    """Forget the log up to *before*, unless it is younger than *kept_seconds*: other machines may still need it."""
    old = time.time_ns() // 1_000_000 - round(kept_seconds * 1000)
    VectorChange.objects.filter(encoder=encoder, number__lte=min(before, old)).delete()


def _uuids(field: bytes | memoryview) -> list[UUID]:
    data = bytes(field)  # PostgreSQL gives a memoryview
    return [UUID(bytes=data[at : at + 16]) for at in range(0, len(data), 16)]
