"""Just enough of JUMBF, CBOR and COSE to find the certificate that signed a manifest. Pure.

The SDK verifies signatures but gives only the certificate's names and serial number, which anybody
can copy into a certificate of their own. The certificate itself lies in the ``x5chain`` header (33)
of the COSE_Sign1 structure (RFC 9052 §4.2, RFC 9360) in the manifest's ``c2pa.signature`` box
(ISO 19566-5). What is read here was already verified by the SDK; it is bounded all the same.
"""

from typing import Any

_X5CHAIN = (33, "x5chain")
_DEEPEST = 12
_MOST_ITEMS = 4096


def signing_certificate(store: bytes, label: str) -> bytes:
    """DER of the leaf that signed the manifest called *label* in *store* (JUMBF), or empty."""
    try:
        for child in _boxes(store, label):
            for signature in _boxes(child, "c2pa.signature"):
                for kind, body in children(signature):
                    if kind == b"cbor":
                        return _leaf(body)
    except (ValueError, IndexError, TypeError, UnicodeDecodeError):
        return b""
    return b""


def embedded_data(store: bytes, label: str) -> dict[str, bytes]:
    """What the manifest called *label* embeds (``bidb`` boxes, ISO 19566-5 B.5), by assertion label.

    A label that occurs twice is left out: which of the two was verified is not for us to guess.
    """
    found: dict[str, list[bytes]] = {}
    try:
        for manifest in _boxes(store, label):
            for assertions in _boxes(manifest, "c2pa.assertions"):
                for kind, body in children(assertions):
                    name = _name(body) if kind == b"jumb" else ""
                    if name.startswith("c2pa.embedded-data"):
                        found.setdefault(name, []).extend(part for of, part in children(body) if of == b"bidb")
    except (ValueError, IndexError, UnicodeDecodeError):
        return {}
    return {name: parts[0] for name, parts in found.items() if len(parts) == 1}


def children(data: bytes) -> list[tuple[bytes, bytes]]:
    """``(type, payload)`` of the boxes that *data* is made of."""
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at + 8 <= len(data) and len(found) < _MOST_ITEMS:
        size, kind, header = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = len(data) - at
        if size < header or at + size > len(data):
            raise ValueError("a box runs past its parent")
        found.append((kind, data[at + header : at + size]))
        at += size
    return found


def _boxes(data: bytes, label: str, depth: int = 0) -> list[bytes]:
    """Payloads of the superboxes called *label* directly in *data*, or one level of store below."""
    found = []
    for kind, body in children(data):
        if kind != b"jumb":
            continue
        name = _name(body)
        if name == label:
            found.append(body)
        elif name == "c2pa" and depth == 0:
            found += _boxes(body, label, depth + 1)
    return found


def _name(body: bytes) -> str:
    """The label of a superbox: of the ``jumd`` box it begins with, 16 bytes of type, one of toggles (bit 1: labelled),
    text, NUL."""
    size = int.from_bytes(body[:4], "big")
    if body[4:8] != b"jumd" or not 8 + 18 <= size <= len(body) or not body[24] & 0x02:
        return ""
    return body[25:size].split(b"\0", 1)[0].decode()


def _leaf(cose: bytes) -> bytes:
    message, _ = _item(cose, 0, 0)
    if not isinstance(message, list) or len(message) != 4:
        return b""
    protected, unprotected = message[0], message[1]
    headers: list[Any] = [unprotected]
    if isinstance(protected, bytes) and protected:
        headers.insert(0, _item(protected, 0, 0)[0])
    for header in headers:
        for name in _X5CHAIN:
            chain = header.get(name) if isinstance(header, dict) else None
            first = chain[0] if isinstance(chain, list) and chain else chain
            if isinstance(first, bytes):
                return first
    return b""


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """One CBOR data item (RFC 8949) at *at*, and where the next begins. Tags are dropped."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 28:
        raise ValueError("indefinite lengths do not occur in COSE headers")
    value = info
    if info >= 24:
        width = 1 << (info - 24)
        value, at = int.from_bytes(data[at : at + width], "big"), at + width
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        raw = data[at : at + value]
        if len(raw) != value:
            raise ValueError("a string runs past the end")
        return (raw if major == 2 else raw.decode()), at + value
    if major == 6:
        return _item(data, at, depth + 1)
    if major == 7:
        return None, at
    if value > _MOST_ITEMS:
        raise ValueError("too many items")
    if major == 4:
        items = []
        for _ in range(value):
            item, at = _item(data, at, depth + 1)
            items.append(item)
        return items, at
    pairs: dict[Any, Any] = {}
    for _ in range(value):
        key, at = _item(data, at, depth + 1)
        pairs[key], at = _item(data, at, depth + 1)
    return pairs, at
