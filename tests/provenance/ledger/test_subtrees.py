"""Proofs from kept roots: the same as from all events, and with a few hundred hashes read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from provenance.ledger import merkle, subtrees
from provenance.ledger.append import append
from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.errors import LedgerError
from provenance.ledger.export import Contents, export, whole_ledger
from provenance.ledger.merkle import verify_consistency, verify_inclusion
from provenance.ledger.models import Checkpoint, Event, Subtree
from provenance.ledger.offline_verifier import Check
from provenance.ledger.verify import verify_ledger
from tests.provenance.ledger.ledgers import tree_of, unzip

pytestmark = pytest.mark.django_db
STEPS = (1, 2, 1, 11, 1, 40, 14, 1)
SIZE = sum(STEPS)


@pytest.fixture(autouse=True)
def _small_blocks(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of four, so that 71 events make three ranks of full subtrees, and an edge at each."""
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")
    monkeypatch.setattr(merkle, "BITS", 2)
    monkeypatch.setattr(merkle, "BLOCK", 4)


def grow() -> Iterator[Checkpoint]:
    for step in STEPS:
        with transaction.atomic():
            for number in range(step):
                append(key=f"{Event.objects.count()}", kind="x", subject=f"s{number}", payload={})
        made = checkpoint()
        assert made is not None
        yield made


def test_what_is_full_is_kept_with_each_checkpoint() -> None:
    for made in grow():
        held = [Subtree.objects.filter(rank=rank).count() for rank in (1, 2, 3, 4)]
        assert held == [made.size // 4, made.size // 16, made.size // 64, 0]
        assert subtrees.tree_of(made.size).root().hex() == made.root
    assert verify_ledger().breaks == []


def test_every_proof_holds_and_is_the_one_from_all_events() -> None:
    made = list(grow())
    digests = [bytes.fromhex(digest) for digest in Event.objects.values_list("digest", flat=True)]
    root, whole = bytes.fromhex(made[-1].root), tree_of(digests)
    for at, digest in enumerate(digests):
        path = subtrees.tree_of(SIZE).inclusion(at)
        assert path == whole.inclusion(at)
        assert verify_inclusion(index=at, size=SIZE, leaf=digest, path=path, root=root)
    for row in made:
        path = subtrees.tree_of(SIZE).consistency(row.size)
        assert path == whole.consistency(row.size)
        assert verify_consistency(old=row.size, new=SIZE, path=path, old_root=bytes.fromhex(row.root), new_root=root)


def test_a_proof_reads_two_blocks_of_each_rank_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    list(grow())
    read: list[tuple[int, int]] = []
    really = subtrees._read

    def counting(rank: int, first: int, count: int) -> list[bytes]:
        read.append((rank, count))
        return really(rank, first, count)

    monkeypatch.setattr(subtrees, "_read", counting)
    for at in range(SIZE):
        read.clear()
        subtrees.tree_of(SIZE).inclusion(at)
        assert all(sum(rank == one for rank, _count in read) <= 2 for one in range(4))
        assert max(count for _rank, count in read) <= 4


def test_an_export_of_some_events_verifies_and_so_does_the_whole() -> None:
    list(grow())
    some = Contents(kind="work", subject="s0", events=list(Event.objects.filter(subject="s0").order_by("sequence")))
    assert len(some.events) == len(STEPS)
    parts = unzip(export(some))
    assert Check(parts).problems == []
    assert len(parts["checkpoints.jsonl"].splitlines()) == len(STEPS)
    assert Check(unzip(export(whole_ledger()))).problems == []


def test_a_ledger_from_before_gets_them_with_the_next_checkpoint() -> None:
    list(grow())
    before = list(Subtree.objects.order_by("rank", "place").values_list("rank", "place", "root"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_subtree")
    checkpoint()
    assert list(Subtree.objects.order_by("rank", "place").values_list("rank", "place", "root")) == before
    assert len(before) == SIZE // 4 + SIZE // 16 + SIZE // 64


def test_a_root_that_was_changed_is_named_and_no_proof_leaves() -> None:
    list(grow())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_subtree SET root = %s WHERE rank = 1 AND place = 2", ["ab" * 32])
    found = [(one.sequence, one.reason) for one in verify_ledger().breaks]
    # It is not what lies below it, and what lies above is not made of it.
    assert found == [(12, found[0][1]), (16, found[0][1])]
    assert found[0][1] == "the root kept of the events up to here is not theirs"
    with pytest.raises(LedgerError) as refused:
        export(Contents(kind="work", subject="s0", events=list(Event.objects.filter(sequence=5))))
    assert refused.value.code == "ledger_broken"


@pytest.mark.parametrize(
    "forgery",
    [
        "DELETE FROM ledger_event WHERE sequence BETWEEN 9 AND 12",
        "UPDATE ledger_event SET digest = 'no' WHERE sequence = 9",
    ],
)
def test_missing_or_broken_events_are_told_and_nothing_falls_over(forgery: str) -> None:
    list(grow())
    with connection.cursor() as cursor:
        cursor.execute(forgery)
    assert (12, "the root kept of the events up to here is not theirs") in {
        (one.sequence, one.reason) for one in verify_ledger().breaks
    }
    with pytest.raises(LedgerError) as refused:
        subtrees.tree_of(SIZE).inclusion(9)
    assert refused.value.code == "ledger_broken"
