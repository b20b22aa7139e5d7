"""Does the hash a credential recorded still match the file? Pure.

Old files can fail a rule that did not exist when they were made ("data hash exclusion does not match
the manifest location") though nothing was changed. We ask two things ourselves: do the bytes outside
the recorded exclusions still have the recorded digest (C2PA 2.4 §18.6), and do the excluded bytes
hold nothing that decides a pixel. Only JPEG is judged; elsewhere the stricter rule stands.
"""

import base64
import binascii
import hashlib
from typing import Any

# Start of image, Exif/XMP, JUMBF, Photoshop/IPTC, comment. Not APP14 or APP2: they change colours.
_HARMLESS_SEGMENTS = frozenset({0xE0, 0xE1, 0xEB, 0xED, 0xFE})
_DIGESTS = {"sha256", "sha384", "sha512"}


def matches(data: bytes, assertion: dict[str, Any]) -> bool:
    """True when *data* (a JPEG) still has the digest that the ``c2pa.hash.data`` *assertion* records.

    *assertion* is in crJSON form (bytes as ``b64'…'``). Anything unexpected is False.
    """
    algorithm = str(assertion.get("alg") or "sha256")
    recorded = from_crjson(assertion.get("hash"))
    ranges = _ranges(assertion.get("exclusions"), len(data))
    if algorithm not in _DIGESTS or not recorded or ranges is None or not _covers_only_metadata(data, ranges):
        return False
    digest, at = hashlib.new(algorithm), 0
    for start, end in ranges:
        digest.update(data[at:start])
        at = end
    digest.update(data[at:])
    return digest.digest() == recorded


def from_crjson(value: object) -> bytes:
    """The bytes of crJSON's ``b64'…'`` notation; empty when it is anything else."""
    if not isinstance(value, str) or not value.startswith("b64'") or not value.endswith("'"):
        return b""
    try:
        return base64.b64decode(value[4:-1], validate=True)
    except binascii.Error:
        return b""


def _ranges(exclusions: object, size: int) -> list[tuple[int, int]] | None:
    """Sorted, disjoint ``(start, end)`` within the file, or None when they are not that."""
    if not isinstance(exclusions, list):
        return None
    ranges: list[tuple[int, int]] = []
    at = 0
    for item in exclusions:
        start, length = (item.get("start"), item.get("length")) if isinstance(item, dict) else (None, None)
        if not isinstance(start, int) or not isinstance(length, int) or start < at or length < 0:
            return None
        at = start + length
        if at > size:
            return None
        ranges.append((start, at))
    return ranges


def _covers_only_metadata(data: bytes, ranges: list[tuple[int, int]]) -> bool:
    """True when every excluded byte belongs to SOI or to a segment that decides no pixel."""
    if data[:2] != b"\xff\xd8":
        return False
    at, free = 2, [(0, 2)]
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] in _HARMLESS_SEGMENTS:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        free.append((at, end))
        at = end
    # Harmless segments lie back to back from the start, so their union is one stretch.
    return all(end <= free[-1][1] for _, end in ranges)
