"""Roots of full subtrees, kept so that a proof reads a few hundred hashes and not the whole ledger."""

from provenance.ledger import merkle
from provenance.ledger.chain import Break
from provenance.ledger.errors import LedgerError, broken
from provenance.ledger.merkle import Tree, leaf_hash, levels
from provenance.ledger.models import Event, Subtree


def tree_of(size: int) -> Tree:
    """The tree of the first *size* events, which a checkpoint covers. What it tells is to be verified.

    Reading for it may raise :class:`LedgerError` ``ledger_broken``.
    """
    return Tree(size, _read)


def keep(size: int) -> None:
    """Keep what is full among the first *size* events, inside the transaction that signs them.

    Raises :class:`LedgerError` ``ledger_broken``.
    """
    rank = 1
    while full := size >> merkle.BITS * rank:
        known = Subtree.objects.filter(rank=rank).count()
        Subtree.objects.bulk_create(
            (Subtree(rank=rank, place=place, root=_root(rank, place)) for place in range(known, full)),
            batch_size=1_000,
        )
        rank += 1


def breaks() -> list[Break]:
    """Kept roots that are not what lies below them, down to the digests of events."""
    return [
        Break((row.place + 1) << merkle.BITS * row.rank, "the root kept of the events up to here is not theirs")
        for row in Subtree.objects.order_by("rank", "place").iterator(chunk_size=2_000)
        if not _holds(row)
    ]


def _holds(row: Subtree) -> bool:
    try:
        return _root(row.rank, row.place) == row.root
    except LedgerError:
        return False


def _root(rank: int, place: int) -> str:
    """Of the subtree numbered *place* among those of ``BLOCK ** rank`` leaves."""
    return levels(_read(rank - 1, place << merkle.BITS, merkle.BLOCK))[-1][0].hex()


def _read(rank: int, first: int, count: int) -> list[bytes]:
    """As :class:`Tree` asks for it. Raises :class:`LedgerError` ``ledger_broken`` where one is missing or no hash."""
    found = (
        Subtree.objects.filter(rank=rank, place__gte=first, place__lt=first + count)
        .order_by("place")
        .values_list("root", flat=True)
        if rank
        else Event.objects.filter(sequence__gt=first, sequence__lte=first + count)
        .order_by("sequence")
        .values_list("digest", flat=True)
    )
    try:
        hashes = [bytes.fromhex(each) for each in found]
    except ValueError:
        hashes = []
    if len(hashes) != count:
        raise broken((first << merkle.BITS * rank) + 1)
    return hashes if rank else [leaf_hash(each) for each in hashes]
