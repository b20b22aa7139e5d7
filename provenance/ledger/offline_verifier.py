#!/usr/bin/env python3
"""Check a ledger export of Colophon without Colophon.

    python verify.py [EXPORT] [--key PUBLIC.pem] [--file PICTURE …]

EXPORT is the ZIP file or the folder it was unpacked to; left out, the folder of this script. Needs Python 3.9
or newer and the package "cryptography", nothing else, and asks nobody. Exits 0 when everything holds, 1 when
something does not, 2 when it cannot be read.

What is checked: every event against its digest; the digests against the signed index of this export (so that
none is missing, added or moved); each event's proof that it stands in the signed tree, or, for an export of
the whole ledger, the chain and the tree themselves; every checkpoint's signature, and that the earlier ones
are beginnings of the last; disclosed values against their commitments; pictures given with --file against the
SHA-256 in the events. Without --key the export vouches for its own key: compare the fingerprint that is
printed with one you got another way.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

FIELDS = ("sequence", "key", "kind", "subject", "actor", "payload", "at", "previous")
GENESIS = "0" * 64


class Unreadable(Exception):
    """The export is not one, or its parts cannot be parsed."""


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, straight from its definition, without recursion."""
    level = [sha256(b"\x00", leaf) for leaf in leaves]
    if not level:
        return sha256()
    while len(level) > 1:
        paired = [sha256(b"\x01", level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[-1:] if len(level) % 2 else paired
    return level[0]


def root_from_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes | None:
    """The root that the audit path gives (RFC 9162 section 2.1.3.2), or None when its length is wrong."""
    node, at, last = sha256(b"\x00", leaf), index, size - 1
    if not 0 <= index < size:
        return None
    for sibling in path:
        if last == 0:
            return None
        if at % 2 or at == last:
            node = sha256(b"\x01", sibling, node)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            node = sha256(b"\x01", node, sibling)
        at, last = at // 2, last // 2
    return node if last == 0 else None


def is_beginning(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162 section 2.1.4.2."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    nodes = ([old_root] if old & (old - 1) == 0 else []) + path
    if not nodes:
        return False
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at // 2, last // 2
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            first, second = sha256(b"\x01", node, first), sha256(b"\x01", node, second)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            second = sha256(b"\x01", second, node)
        at, last = at // 2, last // 2
    return last == 0 and first == old_root and second == new_root


def signed_by(key: Ed25519PublicKey, signature: str, body: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(signature), body)
    except (InvalidSignature, ValueError):
        return False
    return True


def load_key(pem: bytes) -> tuple[str, Ed25519PublicKey]:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable("a key of the export is no Ed25519 key")
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest(), key


def read_parts(source: Path) -> dict[str, bytes]:
    """Name to bytes of every part, from a ZIP file or a folder."""
    if source.is_dir():
        return {str(p.relative_to(source).as_posix()): p.read_bytes() for p in source.rglob("*") if p.is_file()}
    with zipfile.ZipFile(source) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.decode().splitlines() if line]


class Check:
    """One export. ``problems`` holds a sentence for everything that does not hold."""

    def __init__(self, parts: dict[str, bytes], trusted: bytes | None = None) -> None:
        self.problems: list[str] = []
        try:
            self.keys = dict(load_key(data) for name, data in parts.items() if name.startswith("keys/"))
            self.index_bytes = parts["export.json"]
            self.index: dict[str, Any] = json.loads(self.index_bytes)
            self.index_signature = parts["export.sig"].decode().strip()
            self.events = lines(parts["events.jsonl"])
            self.checkpoints = lines(parts["checkpoints.jsonl"])
            self.disclosures = lines(parts.get("disclosures.jsonl", b""))
            if trusted is not None:
                self.keys = dict([load_key(trusted)])
            self._run()
        except Unreadable:
            raise
        except Exception as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error

    def wrong(self, sentence: str) -> None:
        self.problems.append(sentence)

    def _run(self) -> None:
        key = self.keys.get(self.index["key"])
        if key is None:
            self.wrong("the index was signed by a key that is not believed here")
        elif not signed_by(key, self.index_signature, self.index_bytes):
            self.wrong("the signature of the index does not hold")
        size, root = self._checkpoints()
        self._events(size, root)
        self._disclosures()

    def _checkpoints(self) -> tuple[int, bytes]:
        found = []
        for number, held in enumerate(self.checkpoints, start=1):
            body = held["body"].encode()
            said = json.loads(body)
            key = self.keys.get(said["key"])
            if key is None or held["key"] != said["key"] or not signed_by(key, held["signature"], body):
                self.wrong(f"the signature of checkpoint {number} does not hold")
            found.append((said["size"], bytes.fromhex(said["root"]), held, said))
        if [(size, root.hex()) for size, root, _held, _said in found] != [tuple(c) for c in self.index["checkpoints"]]:
            self.wrong("the checkpoints are not those of the signed index")
        if not found:
            self.wrong("there is no checkpoint")
            return 0, b""
        size, root, _held, said = found[-1]
        if (self.index["size"], self.index["root"]) != (size, root.hex()):
            self.wrong("the last checkpoint is not the one this export was made at")
        for old, old_root, held, _said in found:
            path = [bytes.fromhex(node) for node in held["consistency"]]
            if not is_beginning(old, size, path, old_root, root):
                self.wrong(f"the checkpoint of {old} events is no beginning of the last")
        return size, root

    def _events(self, size: int, root: bytes) -> None:
        told = [(item["event"]["sequence"], item["digest"]) for item in self.events]
        if told != [tuple(entry) for entry in self.index["events"]]:
            self.wrong("the events are not those of the signed index: some are missing, added, changed or moved")
        whole = self.index["kind"] == "ledger"
        previous, place = GENESIS, 0
        for item in self.events:
            event, digest = item["event"], item["digest"]
            place += 1
            sequence = event["sequence"]
            if set(event) != set(FIELDS) or sha256(canonical(event)).hex() != digest:
                self.wrong(f"event {sequence}: content does not match its digest")
            if whole:
                if sequence != place or event["previous"] != previous:
                    self.wrong(f"event {sequence}: does not follow the event before it")
            else:
                path = [bytes.fromhex(node) for node in item["proof"]]
                if root_from_path(sequence - 1, size, bytes.fromhex(digest), path) != root:
                    self.wrong(f"event {sequence}: its proof does not lead to the signed root")
            previous = digest
        if whole and (place != size or tree_root([bytes.fromhex(item["digest"]) for item in self.events]) != root):
            self.wrong("the events do not make up the signed tree")

    def _disclosures(self) -> None:
        events = {item["event"]["sequence"]: item["event"] for item in self.events}
        for held in self.disclosures:
            event, name = events.get(held["sequence"], {}), held["name"]
            if name == "actor":
                committed = event.get("actor", "").replace("commitment:", "", 1)
            else:
                committed = (event.get("payload", {}).get(name) or {}).get("commitment")
            value = {"name": name, "salt": held["salt"], "value": held["value"]}
            if sha256(canonical(value)).hex() != committed:
                self.wrong(f"event {held['sequence']}: the value given for “{name}” is not the one committed to")

    def knows(self, digest: str) -> list[str]:
        """Versions of this export whose file has the SHA-256 *digest*, by the events themselves."""
        return [item["event"]["subject"] for item in self.events if item["event"]["payload"].get("sha256") == digest]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check a ledger export of Colophon.")
    parser.add_argument("export", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=Path, help="believe this public key (PEM) only")
    parser.add_argument("--file", type=Path, action="append", default=[], help="a picture that should be in it")
    options = parser.parse_args(arguments)
    try:
        check = Check(read_parts(options.export), options.key.read_bytes() if options.key else None)
        digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in options.file}
    except (Unreadable, OSError, ValueError, zipfile.BadZipFile) as error:
        print(f"This export cannot be read: {error}")
        return 2
    index = check.index
    print(f"Ledger of {index['origin']}: {len(check.events)} events ({index['kind']} {index['subject']})")
    print(f"Signed at {index['at']} over {index['size']} events by the key {index['key']}")
    for path, digest in digests.items():
        known = check.knows(digest)
        if known:
            print(f"{path}: is the file of version {', '.join(known)}")
        else:
            check.wrong(f"{path}: no event knows a file with the SHA-256 {digest}")
    for sentence in check.problems:
        print(f"DOES NOT HOLD: {sentence}")
    if not check.problems:
        print("Everything holds.")
    return 1 if check.problems else 0


if __name__ == "__main__":
    sys.exit(main())
