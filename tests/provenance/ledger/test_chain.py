"""The hash chain notices every change but a cut-off end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ledger.chain import GENESIS, Entry, canonical, digest, verify

Pairs = list[tuple[Entry, str]]


def chain_of(payloads: list[dict[str, str]]) -> Pairs:
    pairs: Pairs = []
    previous = GENESIS
    for number, payload in enumerate(payloads, start=1):
        entry = Entry(number, f"k{number}", "kind", "subject", "ada", payload, "2026-01-01T00:00:00+00:00", previous)
        previous = digest(entry)
        pairs.append((entry, previous))
    return pairs


payloads = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3), min_size=2, max_size=8)


@given(payloads)
def test_an_untouched_chain_verifies(contents: list[dict[str, str]]) -> None:
    assert verify(chain_of(contents)) == (len(contents), [])


@given(payloads, st.data())
def test_a_changed_entry_breaks_at_its_place(contents: list[dict[str, str]], data: st.DataObject) -> None:
    pairs = chain_of(contents)
    place = data.draw(st.integers(0, len(pairs) - 1))
    entry, recorded = pairs[place]
    pairs[place] = (replace(entry, actor="mallory"), recorded)
    _count, breaks = verify(pairs)
    assert [(b.sequence, b.reason) for b in breaks] == [(place + 1, "content does not match its digest")]


@given(payloads, st.data())
def test_a_rewritten_entry_breaks_the_next(contents: list[dict[str, str]], data: st.DataObject) -> None:
    """Given a forger who also recomputes the digest, then the following entry no longer follows."""
    pairs = chain_of(contents)
    place = data.draw(st.integers(0, len(pairs) - 2))
    forged = replace(pairs[place][0], actor="mallory")
    pairs[place] = (forged, digest(forged))
    _count, breaks = verify(pairs)
    assert [(b.sequence, b.reason) for b in breaks] == [(place + 2, "does not follow the entry before it")]


def test_a_missing_entry_is_noticed() -> None:
    pairs = chain_of([{"a": "1"}, {"a": "2"}, {"a": "3"}])
    del pairs[1]
    _count, breaks = verify(pairs)
    assert [b.reason for b in breaks] == ["expected sequence 2", "does not follow the entry before it"]


def test_canonical_json_is_one_text_per_value() -> None:
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"a": float("nan")})
