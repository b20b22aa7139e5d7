"""Ledgers in plain values, and every way to tamper with one: for property tests without a database."""

import hashlib
import io
import random
import zipfile
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.ledger import merkle, signing_key
from provenance.ledger.chain import GENESIS, Entry, canonical, digest
from provenance.ledger.examine import Signed
from provenance.ledger.merkle import Frontier, Tree

KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a key for tests").digest())
IDENTITY = signing_key.fingerprint(KEY.public_key())
KEYS = {IDENTITY: signing_key.public_pem(KEY.public_key())}

Pairs = list[tuple[Entry, str]]


@dataclass(frozen=True)
class Ledger:
    """Events with their digests, and checkpoints signed over the first of them."""

    pairs: Pairs
    checkpoints: list[Signed]
    covered: int


def make(length: int, sizes: list[int], *, seed: int = 0) -> Ledger:
    draw = random.Random(seed)
    entries = [
        Entry(n, f"k{n}", "kind", f"s{draw.randrange(3)}", "", {"n": draw.random().hex()}, f"2026-01-{n:03}", GENESIS)
        for n in range(1, length + 1)
    ]
    pairs = relink(entries)
    checkpoints = [sign(pairs, size) for size in sorted(set(sizes))]
    return Ledger(pairs, checkpoints, max(sizes))


def relink(entries: list[Entry]) -> Pairs:
    """Hash *entries* into a chain that looks right, whatever they say."""
    pairs: Pairs = []
    previous = GENESIS
    for entry in entries:
        linked = replace(entry, previous=previous)
        previous = digest(linked)
        pairs.append((linked, previous))
    return pairs


def sign(pairs: Pairs, size: int) -> Signed:
    root = root_of([bytes.fromhex(recorded) for _entry, recorded in pairs[:size]]).hex()
    body = canonical({"size": size, "root": root, "head": pairs[size - 1][1], "key": IDENTITY})
    return Signed(body=body.decode(), signature=KEY.sign(body).hex(), key=IDENTITY)


def tamper(pairs: Pairs, how: str, at: int, *, relinked: bool) -> Pairs:
    """*pairs* with one thing wrong at index *at*; *relinked* when the forger recomputes every digest after it."""
    entries = [entry for entry, _recorded in pairs]
    match how:
        case "edit":
            entries[at] = replace(entries[at], payload={"n": "forged"})
        case "edit key":
            entries[at] = replace(entries[at], key="forged")
        case "delete":
            del entries[at]
        case "swap":
            other = at + 1 if at + 1 < len(entries) else at - 1
            entries[at], entries[other] = entries[other], entries[at]
        case "insert":
            entries.insert(at, replace(entries[at], key="forged", payload={"n": "forged"}))
        case "truncate":
            del entries[at:]
    if relinked:
        return relink([replace(entry, sequence=place) for place, entry in enumerate(entries, start=1)])
    recorded = {id(entry): digest for entry, digest in pairs}
    return [(entry, recorded.get(id(entry), pairs[min(at, len(pairs) - 1)][1])) for entry in entries]


def tree_of(leaves: list[bytes]) -> Tree:
    """The tree over *leaves*, its ranks computed from all of them."""

    def read(rank: int, first: int, count: int) -> list[bytes]:
        width = merkle.BLOCK**rank
        return [root_of(leaves[at * width : (at + 1) * width]) for at in range(first, first + count)]

    return Tree(len(leaves), read)


def root_of(leaves: list[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


HOWS = ("edit", "edit key", "delete", "swap", "insert", "truncate")


def bundle(pairs: Pairs, checkpoints: list[Signed], *, chosen: list[int] | None = None) -> dict[str, bytes]:
    """The parts of an export: of the whole ledger, or of the events at the indices *chosen*."""
    size = max(signed.statement()["size"] for signed in checkpoints)
    tree = tree_of([bytes.fromhex(recorded) for _entry, recorded in pairs[:size]])
    told: list[dict[str, Any]] = []
    for at in chosen if chosen is not None else range(size):
        item: dict[str, Any] = {"event": vars(pairs[at][0]), "digest": pairs[at][1]}
        if chosen is not None:
            item["proof"] = [node.hex() for node in tree.inclusion(at)]
        told.append(item)
    index = canonical(
        {
            "origin": "tests",
            "kind": "ledger" if chosen is None else "work",
            "subject": "",
            "at": "now",
            "size": size,
            "root": tree.root().hex(),
            "events": [[item["event"]["sequence"], item["digest"]] for item in told],
            "checkpoints": [[signed.statement()["size"], signed.statement()["root"]] for signed in checkpoints],
            "key": IDENTITY,
        }
    )
    held = [
        {
            **vars(signed),
            "consistency": [node.hex() for node in tree.consistency(signed.statement()["size"])],
        }
        for signed in checkpoints
    ]
    return {
        "export.json": index,
        "export.sig": KEY.sign(index).hex().encode(),
        "events.jsonl": b"".join(canonical(item) + b"\n" for item in told),
        "checkpoints.jsonl": b"".join(canonical(item) + b"\n" for item in held),
        "disclosures.jsonl": b"",
        f"keys/{IDENTITY}.pem": KEYS[IDENTITY].encode(),
    }


def unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()
