import base64
import hashlib
from typing import Any

import pytest

from provenance.credentials.recorded_hash import from_crjson, matches

HEAD = b"\xff\xd8" + b"\xff\xe1\x00\x08Exif\0\0" + b"\xff\xeb\x00\x06JUMB"
BODY = b"\xff\xdb\x00\x04\x01\x02" + b"the scan"


def _recorded(data: bytes, start: int, length: int, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(data[:start] + data[start + length :]).digest()
    found = {
        "alg": "sha256",
        "hash": f"b64'{base64.b64encode(digest).decode()}'",
        "exclusions": [{"start": start, "length": length}],
    }
    return {**found, **changes}


def test_it_matches_while_only_metadata_is_left_out() -> None:
    data = HEAD + BODY
    assert matches(data, _recorded(data, 0, len(HEAD)))
    assert matches(data, _recorded(data, 12, len(HEAD) - 12))


@pytest.mark.parametrize("at", [len(HEAD), len(HEAD) + 5, -1])
def test_a_changed_byte_outside_does_not_match(at: int) -> None:
    data = HEAD + BODY
    changed = bytearray(data)
    changed[at] ^= 1
    assert not matches(bytes(changed), _recorded(data, 0, len(HEAD)))


def test_leaving_out_anything_that_decides_a_pixel_does_not_match() -> None:
    data = HEAD + BODY
    assert not matches(data, _recorded(data, 0, len(HEAD) + 1))
    assert not matches(data, _recorded(data, 0, len(data)))


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "md5"},
        {"hash": None},
        {"hash": "b64'!'"},
        {"exclusions": None},
        {"exclusions": [{"start": -1, "length": 2}]},
        {"exclusions": [{"start": 0, "length": 10**9}]},
        {"exclusions": [{"start": 4, "length": 2}, {"start": 0, "length": 2}]},
        {"exclusions": ["x"]},
    ],
)
def test_anything_unexpected_does_not_match(changes: dict[str, Any]) -> None:
    data = HEAD + BODY
    assert not matches(data, _recorded(data, 0, len(HEAD), **changes))


def test_only_jpeg_is_judged() -> None:
    data = b"\x89PNG" + BODY
    assert not matches(data, _recorded(data, 0, 4))


@pytest.mark.parametrize(
    ("text", "value"), [("b64'AQI='", b"\1\2"), ("AQI=", b""), (None, b""), (7, b""), ("b64''", b"")]
)
def test_bytes_in_crjson(text: object, value: bytes) -> None:
    assert from_crjson(text) == value
