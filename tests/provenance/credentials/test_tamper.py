"""A short run of the tamper campaign (``tests/benchmarks/tamper.py``): 40 flips in each part of each format."""

from pathlib import Path

import pytest

from provenance.credentials.read import read
from provenance.credentials.sign import sign
from tests.benchmarks.tamper import campaign
from tests.provenance.credentials.conftest import FORMATS, picture, story


@pytest.mark.parametrize("media_type", sorted(FORMATS))
def test_every_changed_byte_is_noticed(signer: Path, media_type: str) -> None:
    signed = sign(picture(media_type), media_type=media_type, story=story())
    found = campaign(signed.data, label=signed.manifest_label, media_type=media_type, flips=40)
    for tally in found.values():
        assert tally.crashes == []
        assert tally.unnoticed_by_hash == 0
    assert found["asset"].missed == []


@pytest.mark.parametrize("media_type", sorted(FORMATS))
def test_a_changed_first_byte_does_not_make_a_credential_vanish(signer: Path, media_type: str) -> None:
    """Such a file is no picture of its kind any more; that a credential lies in it is still said."""
    data = sign(picture(media_type), media_type=media_type, story=story()).data
    for at in range(12):
        changed = bytearray(data)
        changed[at] ^= 0xFF
        assert read(bytes(changed)).verdict.code in ("tampered", "unreadable"), at


def test_the_head_of_an_avif_is_bound_too(signer: Path) -> None:
    data = sign(picture("image/avif"), media_type="image/avif", story=story()).data
    assert b"org.colophon.file-type-box" in data
    for at in range(int.from_bytes(data[:4], "big")):
        changed = bytearray(data)
        changed[at] ^= 1
        assert read(bytes(changed)).verdict.code in ("tampered", "unreadable"), at


def test_remains_are_no_credential_of_an_image_that_has_none(signer: Path) -> None:
    assert read(picture()).verdict.code == "none"
    assert read(b"some text").verdict.code == "none"
