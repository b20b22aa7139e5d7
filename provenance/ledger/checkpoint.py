"""Sign where the ledger stands, so that nothing before it can be changed or cut off unnoticed."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from provenance.ledger import chain, signing_key, subtrees
from provenance.ledger.append import take_turn
from provenance.ledger.chain import GENESIS
from provenance.ledger.errors import broken
from provenance.ledger.merkle import Frontier
from provenance.ledger.models import Checkpoint, CheckpointKey, Event
from provenance.ledger.rows import entry_of

FORMAT = "colophon-checkpoint/1"


def checkpoint_if_due() -> Checkpoint | None:
    """A checkpoint when enough events or enough time have gone by since the last; None when not."""
    last = Checkpoint.objects.order_by("-size").first()
    newest = Event.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    waiting = newest - (last.size if last else 0)
    if not waiting:
        return None
    period = timedelta(seconds=settings.LEDGER_CHECKPOINT_SECONDS)
    if last and waiting < settings.LEDGER_CHECKPOINT_EVENTS and timezone.now() - last.made_at < period:
        return None
    return checkpoint()


def checkpoint() -> Checkpoint | None:
    """Sign the ledger as it stands now; the last checkpoint when nothing was added; None when it is empty.

    Only what is new is read, and checked before it is signed. Raises :class:`LedgerError`:
    ``ledger_key_unreadable``, or ``ledger_broken`` when the new events do not follow the last checkpoint.
    """
    key = signing_key.load_or_make()
    with transaction.atomic():
        take_turn()
        last = Checkpoint.objects.order_by("-size").first()
        size, head = (last.size, last.head) if last else (0, GENESIS)
        frontier = Frontier(size, [bytes.fromhex(root) for root in last.frontier] if last else [])
        for event in Event.objects.filter(sequence__gt=size).order_by("sequence").iterator(chunk_size=2_000):
            if (event.sequence, event.previous) != (size + 1, head) or chain.digest(entry_of(event)) != event.digest:
                raise broken(event.sequence)
            frontier.add(bytes.fromhex(event.digest))
            size, head = event.sequence, event.digest
        if last and not Event.objects.filter(sequence=last.size, digest=last.head).exists():
            raise broken(last.size)
        subtrees.keep(size)
        if size == (last.size if last else 0):
            return last
        public = key.public_key()
        identity = signing_key.fingerprint(public)
        stored, _made = CheckpointKey.objects.get_or_create(
            fingerprint=identity, defaults={"public_key": signing_key.public_pem(public)}
        )
        body = chain.canonical(
            {
                "format": FORMAT,
                "origin": settings.SERVICE_NAME,
                "size": size,
                "root": frontier.root().hex(),
                "head": head,
                "at": timezone.now().isoformat(timespec="seconds"),
                "key": identity,
            }
        )
        return Checkpoint.objects.create(
            size=size,
            root=frontier.root().hex(),
            head=head,
            body=body.decode(),
            signature=key.sign(body).hex(),
            key=stored,
            frontier=[root.hex() for root in frontier.roots],
        )
