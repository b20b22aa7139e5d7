"""Printed codes are read, whichever address they hold; what holds none says nothing."""

import io
import random
from uuid import UUID

import numpy as np
import segno
from numpy.typing import NDArray
from PIL import Image

from provenance.recovery.printed_code import LONGEST, texts_of_codes
from tests.provenance.recovery.pictures import painting


def code(text: str, *, scale: int = 4) -> NDArray[np.uint8]:
    out = io.BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="png", scale=scale, border=4)
    return np.asarray(Image.open(out).convert("RGB"))


def test_every_address_is_read() -> None:
    # A reader that fails for some patterns only is not noticed with one address.
    dice = random.Random(1)
    addresses = [f"https://colophon.example/v/{UUID(int=dice.getrandbits(128), version=4)}" for _ in range(60)]

    assert [texts_of_codes(code(address)) for address in addresses] == [[address] for address in addresses]


def test_beside_a_picture() -> None:
    said = "https://colophon.example/v/1"
    page = np.asarray(painting(1, width=900, height=700)).copy()
    small = code(said, scale=3)
    page[-small.shape[0] :, -small.shape[1] :] = small

    assert texts_of_codes(page) == [said]


def test_no_code_and_an_overlong_one_say_nothing() -> None:
    assert texts_of_codes(np.asarray(painting(2, width=300, height=200))) == []
    assert texts_of_codes(code("x" * (LONGEST + 1))) == []
    assert texts_of_codes(np.zeros((1, 1, 3), np.uint8)) == []
