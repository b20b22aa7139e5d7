"""Write an event to the chain."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from provenance.ledger.chain import GENESIS, Entry, digest
from provenance.ledger.models import Event

# Any constant will do: it names the one lock that puts writers in a row on PostgreSQL.
_ADVISORY_LOCK = 0x436F6C6F


def append(*, key: str, kind: str, subject: object, payload: Mapping[str, Any], actor: str = "") -> Event:
    """Append one event, once per *key*, inside the caller's transaction.

    Returns the event already there when *key* was recorded before, so a stage that runs twice
    tells its story once. Raises ``TransactionManagementError`` outside a transaction: an event
    must stand or fall with the rows it speaks of.
    """
    transaction.get_connection().validate_no_broken_transaction()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("append() needs the transaction of the change it records")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    # On SQLite the transaction began IMMEDIATE: the write lock is already ours.
    if known := Event.objects.filter(key=key).first():
        return known
    last = Event.objects.order_by("-sequence").first()
    entry = Entry(
        sequence=last.sequence + 1 if last else 1,
        key=key,
        kind=kind,
        subject=str(subject),
        actor=actor,
        payload=dict(payload),
        at=timezone.now().isoformat(timespec="microseconds"),
        previous=last.digest if last else GENESIS,
    )
    return Event.objects.create(**vars(entry), digest=digest(entry))
