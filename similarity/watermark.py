"""The number that says which state of an encoder's vectors an index was made from."""

import time

from django.db import transaction

from similarity.models import IndexChange


def lock_watermark(encoder: str) -> IndexChange:
    """The encoder's row, locked until the transaction ends: take it before touching vectors.

    Writers therefore change vectors one after the other, and nobody sees a number before its vectors.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("the watermark is locked for a transaction, and there is none")
    IndexChange.objects.get_or_create(encoder=encoder)
    return IndexChange.objects.select_for_update().get(encoder=encoder)


def raise_watermark(change: IndexChange) -> None:
    """Say that the vectors have changed. *change* comes from ``lock_watermark``.

    The number is at least the time in milliseconds: a database that was made anew, or went back
    to a backup, never gives a number again that an index file on disk already carries.
    """
    change.number = max(change.number + 1, time.time_ns() // 1_000_000)
    change.save(update_fields=["number"])


def watermark_of(encoder: str) -> int:
    """The number now; 0 for an encoder that never had a vector."""
    found = IndexChange.objects.filter(encoder=encoder).values_list("number", flat=True).first()
    return found or 0
