"""Write an event to the chain."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, transaction
from django.utils import timezone

from provenance.ledger.chain import GENESIS, Entry, digest
from provenance.ledger.commitments import ACTOR, FIELD, PREFIX, commit, new_salt, plain
from provenance.ledger.models import Event, PersonalValue

# Any constant will do: it names the one lock that puts writers in a row on PostgreSQL.
_ADVISORY_LOCK = 0x436F6C6F

Person = AbstractBaseUser | AnonymousUser


def append(
    *,
    key: str,
    kind: str,
    subject: object,
    payload: Mapping[str, Any],
    actor: Person | str = "",
    personal: Mapping[str, Any] | None = None,
    about: Person | None = None,
) -> Event:
    """Append one event, once per *key*, inside the caller's transaction.

    *actor* is who did it: a user, a username, or empty for the service itself. *personal* holds
    values that say something about a person (names, addresses, free text, prompts). Neither enters the
    chain: it gets salted commitments, and the values an erasable row each, belonging to *about*
    (the actor, unless given). *payload* is for everything else.

    Returns the event already there when *key* was recorded before, so a stage that runs twice
    tells its story once. Raises ``TransactionManagementError`` outside a transaction: an event
    must stand or fall with the rows it speaks of.
    """
    take_turn()
    if known := Event.objects.filter(key=key).first():
        return known
    who, name = _person(actor)
    values = {field: plain(value) for field, value in (personal or {}).items()}
    if name:
        values[ACTOR] = name
    salts = {field: new_salt() for field in values}
    committed = {field: commit(name=field, salt=salts[field], value=value) for field, value in values.items()}
    last = Event.objects.order_by("-sequence").first()
    entry = Entry(
        sequence=last.sequence + 1 if last else 1,
        key=key,
        kind=kind,
        subject=str(subject),
        actor=PREFIX + committed[ACTOR] if name else "",
        payload={
            **plain(payload),
            **{field: {FIELD: value} for field, value in committed.items() if field != ACTOR},
        },
        at=timezone.now().isoformat(timespec="microseconds"),
        previous=last.digest if last else GENESIS,
    )
    event = Event.objects.create(**vars(entry), digest=digest(entry))
    owner = _person(about)[0] if about is not None else who
    PersonalValue.objects.bulk_create(
        PersonalValue(
            event=event, name=field, person_id=who if field == ACTOR else owner, salt=salts[field], value=value
        )
        for field, value in values.items()
    )
    return event


def take_turn() -> None:
    """Wait until nobody else writes to the ledger, for the rest of this transaction."""
    transaction.get_connection().validate_no_broken_transaction()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("append() needs the transaction of the change it records")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    # On SQLite the transaction began IMMEDIATE: the write lock is already ours.


def _person(given: Person | str) -> tuple[Any, str]:
    """Primary key (None when there is no account) and name."""
    if isinstance(given, str):
        users = get_user_model()._default_manager.filter(**{get_user_model().USERNAME_FIELD: given})
        return (users.values_list("pk", flat=True).first() if given else None), plain(given)
    return given.pk, plain(given.get_username())
