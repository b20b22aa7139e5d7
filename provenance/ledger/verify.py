"""Check the whole ledger of this service: chain, checkpoints, commitments, and the guards of its tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection

from provenance.ledger import guards, subtrees
from provenance.ledger.chain import Break, Entry
from provenance.ledger.commitments import commit, commitments_of
from provenance.ledger.examine import Signed, examine
from provenance.ledger.models import Checkpoint, CheckpointKey, Event, PersonalValue
from provenance.ledger.rows import entry_of

CHUNK = 2_000


@dataclass(frozen=True, kw_only=True)
class Report:
    """What reading the whole ledger found.

    ``covered`` is the number of events the last checkpoint signs. ``erased`` counts personal values
    that are no more: that is no break. ``unguarded`` names database triggers that are missing.
    """

    events: int
    covered: int
    checkpoints: int
    erased: int
    breaks: list[Break] = field(default_factory=list)
    unguarded: list[str] = field(default_factory=list)


def verify_ledger(*, kept_elsewhere: tuple[Signed, ...] = (), keys: Mapping[str, str] | None = None) -> Report:
    """Read every event and every checkpoint.

    *kept_elsewhere* are checkpoints from outside (an export, say): somebody who rewrote the ledger and
    its checkpoints together is found by them. *keys* (PEM by fingerprint) are the only ones believed, when
    given; otherwise those this database knows.
    """
    checkpoints = [signed_of(row) for row in Checkpoint.objects.order_by("size")]
    known = dict(CheckpointKey.objects.values_list("fingerprint", "public_key"))
    state = _Personal()
    events, covered, breaks = examine(
        state.watch(), [*checkpoints, *kept_elsewhere], keys if keys is not None else known
    )
    return Report(
        events=events,
        covered=covered,
        checkpoints=len(checkpoints),
        erased=state.erased,
        breaks=sorted([*breaks, *state.breaks, *subtrees.breaks()], key=lambda found: found.sequence),
        unguarded=guards.missing(connection),
    )


def signed_of(row: Checkpoint) -> Signed:
    return Signed(body=row.body, signature=row.signature, key=row.key_id)


class _Personal:
    """Compares the values at hand with their commitments while the chain is read."""

    def __init__(self) -> None:
        self.erased = 0
        self.breaks: list[Break] = []

    def watch(self) -> Iterator[tuple[Entry, str]]:
        batch: list[Event] = []
        for event in Event.objects.order_by("sequence").iterator(chunk_size=CHUNK):
            batch.append(event)
            if len(batch) == CHUNK:
                yield from self._batch(batch)
                batch = []
        yield from self._batch(batch)

    def _batch(self, batch: list[Event]) -> Iterator[tuple[Entry, str]]:
        if not batch:
            return
        held = PersonalValue.objects.filter(event_id__gte=batch[0].sequence, event_id__lte=batch[-1].sequence)
        values = {(row.event_id, row.name): row for row in held}
        for event in batch:
            for name, commitment in commitments_of(event.actor, event.payload):
                row = values.pop((event.sequence, name), None)
                if row is None:
                    self.erased += 1
                elif commit(name=name, salt=row.salt, value=row.value) != commitment:
                    self.breaks.append(Break(event.sequence, f"the value of “{name}” does not match its commitment"))
            yield entry_of(event), event.digest
        self.breaks += [
            Break(sequence, f"the value of “{name}” belongs to no commitment") for sequence, name in sorted(values)
        ]
