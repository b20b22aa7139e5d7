"""Check the whole chain of this service."""

from collections.abc import Iterator

from provenance.ledger import chain
from provenance.ledger.models import Event


def entry_of(event: Event) -> chain.Entry:
    """The row as it was hashed."""
    return chain.Entry(
        sequence=event.sequence,
        key=event.key,
        kind=event.kind,
        subject=event.subject,
        actor=event.actor,
        payload=event.payload,
        at=event.at,
        previous=event.previous,
    )


def verify_ledger() -> tuple[int, list[chain.Break]]:
    """Number of events, and every break of the chain (none when nothing was touched)."""

    def pairs() -> Iterator[tuple[chain.Entry, str]]:
        for event in Event.objects.order_by("sequence").iterator(chunk_size=2_000):
            yield entry_of(event), event.digest

    return chain.verify(pairs())
