"""Any edit, deletion, reordering, insertion or truncation before the last checkpoint is found, by both verifiers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st

from provenance.ledger.chain import canonical
from provenance.ledger.examine import examine
from provenance.ledger.offline_verifier import Check, Unreadable
from tests.provenance.ledger.ledgers import HOWS, KEYS, Ledger, bundle, make, tamper


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    length = draw(st.integers(2, 24))
    sizes = draw(st.lists(st.integers(2, length), min_size=1, max_size=4))
    return make(length, sizes, seed=draw(st.integers(0, 9)))


def problems(parts: dict[str, bytes]) -> list[str]:
    try:
        return list(Check(parts).problems)
    except Unreadable as error:
        return [str(error)]


@fewer(max_examples=60, deadline=None)
@given(ledgers(), st.data())
def test_an_untouched_ledger_passes_both(ledger: Ledger, data: st.DataObject) -> None:
    assert examine(ledger.pairs, ledger.checkpoints, KEYS) == (len(ledger.pairs), ledger.covered, [])
    assert problems(bundle(ledger.pairs, ledger.checkpoints)) == []
    chosen = data.draw(st.sets(st.integers(0, ledger.covered - 1), min_size=1))
    assert problems(bundle(ledger.pairs, ledger.checkpoints, chosen=sorted(chosen))) == []


@fewer(max_examples=300, deadline=None)
@given(ledgers(), st.sampled_from(HOWS), st.booleans(), st.data())
def test_whatever_is_done_before_the_last_checkpoint_is_found(
    ledger: Ledger, how: str, relinked: bool, data: st.DataObject
) -> None:
    """Given a forger who may rewrite every digest, but has no key."""
    # Swapping with the next is a change before the checkpoint only while the earlier of both is.
    at = data.draw(st.integers(0, ledger.covered - 1))
    forged = tamper(ledger.pairs, how, at, relinked=relinked)
    _count, _covered, breaks = examine(forged, ledger.checkpoints, KEYS)
    assert breaks

    genuine = bundle(ledger.pairs, ledger.checkpoints)
    told = [{"event": vars(entry), "digest": recorded} for entry, recorded in forged[: ledger.covered]]
    events = b"".join(canonical(item) + b"\n" for item in told)
    if events != genuine["events.jsonl"]:
        assert problems({**genuine, "events.jsonl": events})
        # Also when the forger writes a new index, which they cannot sign.
        index = json.loads(genuine["export.json"])
        index["events"] = [[item["event"]["sequence"], item["digest"]] for item in told]  # type: ignore[index]
        assert problems({**genuine, "events.jsonl": events, "export.json": canonical(index)})


@fewer(max_examples=200, deadline=None)
@given(ledgers(), st.data())
def test_whatever_is_done_to_the_export_of_a_work_is_found(ledger: Ledger, data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.integers(0, ledger.covered - 1), min_size=1, max_size=6)))
    parts = bundle(ledger.pairs, ledger.checkpoints, chosen=chosen)
    lines = parts["events.jsonl"].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    item = json.loads(lines[at])
    how = data.draw(st.sampled_from(["edit", "digest", "proof", "delete", "duplicate", "move", "sequence"]))
    match how:
        case "edit":
            item["event"]["payload"] = {"n": "forged"}
        case "digest":
            item["digest"] = "00" * 32
        case "proof":
            item["proof"] = [*item["proof"], "00" * 32]
        case "sequence":
            item["event"]["sequence"] += 1
    lines[at] = canonical(item)
    if how == "delete":
        del lines[at]
    elif how == "duplicate":
        lines.insert(at, lines[at])
    elif how == "move":
        if len(lines) == 1:
            return
        lines.insert(0, lines.pop()) if at == 0 else lines.insert(0, lines.pop(at))
    assert problems({**parts, "events.jsonl": b"\n".join(lines)})


@pytest.mark.parametrize("part", ["export.json", "export.sig", "checkpoints.jsonl", "events.jsonl"])
@fewer(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_byte_of_an_export_can_be_flipped(part: str, data: st.DataObject) -> None:
    parts = bundle(*_two())
    changed = bytearray(parts[part])
    at = data.draw(st.integers(0, len(changed) - 1))
    bit = data.draw(st.integers(0, 7))
    changed[at] ^= 1 << bit
    same: Any = object()
    try:  # Upper or lower case of a hex digit, white space: the same value is the same statement.
        if part != "export.json":
            before, after = parts[part].decode(), bytes(changed).decode()
            same = before.lower().split() == after.lower().split()
    except UnicodeDecodeError:
        pass
    assert same is True or problems({**parts, part: bytes(changed)})


def _two() -> tuple[list[Any], list[Any]]:
    ledger = make(9, [4, 9])
    return ledger.pairs, ledger.checkpoints


def test_a_missing_part_is_unreadable() -> None:
    parts = bundle(*_two())
    for name in ("export.json", "export.sig", "events.jsonl", "checkpoints.jsonl"):
        with pytest.raises(Unreadable):
            Check({key: value for key, value in parts.items() if key != name})


def test_another_key_is_not_believed() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from provenance.ledger.signing_key import public_pem

    other = public_pem(Ed25519PrivateKey.generate().public_key()).encode()
    parts = bundle(*_two())
    assert "the index was signed by a key that is not believed here" in Check(parts, other).problems
    assert Check(parts, parts[next(name for name in parts if name.startswith("keys/"))]).problems == []
