"""Between rows and the plain values the pure code works on."""

from provenance.ledger.chain import Entry
from provenance.ledger.models import Event


def entry_of(event: Event) -> Entry:
    """The row as it was hashed."""
    return Entry(
        sequence=event.sequence,
        key=event.key,
        kind=event.kind,
        subject=event.subject,
        actor=event.actor,
        payload=event.payload,
        at=event.at,
        previous=event.previous,
    )
