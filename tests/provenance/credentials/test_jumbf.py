import struct
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from provenance.credentials.jumbf import embedded_data, signing_certificate
from provenance.credentials.read import read
from provenance.credentials.sign import Signed
from provenance.credentials.store import manifest_store

LABEL = "urn:c2pa:1"


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _super(label: str, *children: bytes) -> bytes:
    description = _box(b"jumd", b"\0" * 16 + b"\x03" + label.encode() + b"\0")
    return _box(b"jumb", description + b"".join(children))


def _store(cose: bytes, *, label: str = LABEL) -> bytes:
    signature = _super("c2pa.signature", _box(b"cbor", cose))
    return _super("c2pa", _super("urn:c2pa:0", _super("c2pa.claim.v2")), _super(label, signature))


# COSE_Sign1, tagged: [protected << {1: -7, 33: [h'4C45', h'4341']} >>, {}, null, h'00']
PROTECTED = bytes.fromhex("a2 01 26 18 21 82 42 4c45 42 4341")
COSE = b"\xd2\x84" + b"\x4c" + PROTECTED + b"\xa0\xf6\x41\x00"
UNPROTECTED = b"\xd2\x84\x40" + b"\xa1\x18\x21" + b"\x42LE" + b"\xf6\x41\x00"
NAMED = b"\x84\x40" + b"\xa1\x67x5chain" + b"\x81\x42LE" + b"\xf6\x41\x00"


def test_the_leaf_is_found_wherever_the_chain_lies() -> None:
    assert [signing_certificate(_store(cose), LABEL) for cose in (COSE, UNPROTECTED, NAMED)] == [b"LE"] * 3


def test_only_the_manifest_asked_for_is_looked_at() -> None:
    assert signing_certificate(_store(COSE), "urn:c2pa:0") == b""
    assert signing_certificate(_store(COSE, label="another"), LABEL) == b""


def test_nesting_without_end_is_given_up() -> None:
    assert signing_certificate(_store(b"\x81" * 5000), LABEL) == b""
    assert signing_certificate(_store(b"\x9f\xff"), LABEL) == b""
    assert signing_certificate(_store(b"\x9b" + b"\xff" * 8), LABEL) == b""


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    assert signing_certificate(data, LABEL) == b""
    assert isinstance(signing_certificate(_store(data), LABEL), bytes)


def test_embedded_data_lies_in_the_store_as_the_library_gives_it(signed: Signed) -> None:
    reading = read(signed.data)
    store = manifest_store(signed.data, media_type="image/png", label=signed.manifest_label)
    assert store == reading.store
    assert embedded_data(store, signed.manifest_label) == reading.resources
    assert len(reading.resources) == 2
    assert embedded_data(store, "urn:c2pa:another") == {}
    assert embedded_data(store[:-40], signed.manifest_label) == {}
    # Which of two manifests of one name was verified is not for us to guess.
    assert embedded_data(store + store, signed.manifest_label) == {}


def test_only_what_lies_in_the_store_and_is_named_in_the_manifest_is_embedded(signed: Signed) -> None:
    reading = read(signed.data)
    assert replace(reading, store=b"\0\0\0\x09jumb").resources == {}
    assert replace(reading, manifest={"manifests": [{"assertions": 7}]}).resources == {}
    first = next(iter(reading.resources))
    of_one = {"label": reading.label, "assertions": {first: {}, "c2pa.embedded-data.x": {"identifier": "x"}}}
    assert replace(reading, manifest={"manifests": [of_one]}).resources == {first: reading.resources[first]}
