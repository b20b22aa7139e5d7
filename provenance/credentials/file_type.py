"""The file type box of AVIF, which C2PA leaves out of its hash, bound by a statement of our own. Pure.

The hash over ISO base media files passes over ``/ftyp`` (C2PA 2.4 §18.7, mandatory exclusions), so a byte
changed there would go unnoticed. Files signed here carry its SHA-256 as an assertion; other readers ignore it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

LABEL = "org.colophon.file-type-box"
MEDIA_TYPES = frozenset({"image/avif", "image/heic"})


def statement(data: bytes) -> dict[str, str]:
    """What is said of the box at the head of *data*."""
    return {"sha256": hashlib.sha256(_box(data)).hexdigest()}


def holds(data: bytes, manifest: Mapping[str, Any]) -> bool:
    """Whether *data* still has the box that *manifest* (crJSON) speaks of; true when it speaks of none."""
    assertions = manifest.get("assertions")
    said = assertions.get(LABEL) if isinstance(assertions, dict) else None
    return said is None or said == statement(data)


def _box(data: bytes) -> bytes:
    return data[: int.from_bytes(data[:4], "big")] if data[4:8] == b"ftyp" else b""
