"""The image-code is the standard's, and behaves as a fingerprint must."""

from collections.abc import Callable

import iscc_core
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageOps

from similarity.fingerprint import codes_of_looks, distances, image_code, iscc_code, normalised_pixels
from similarity.pictures import decode
from tests.similarity.conftest import encoded, painting

codes = st.binary(min_size=32, max_size=32)


@budget(max_examples=60, deadline=None)
@given(arrays(np.uint8, (32, 32), elements=st.sampled_from([0, 1, 7, 128, 200, 255])))
def test_the_code_equals_the_reference_implementation(pixels: np.ndarray) -> None:
    # A 32 × 32 grey picture with an uneven border is its own normal form.
    pixels = pixels.copy()
    pixels[0, 0], pixels[31, 31], pixels[0, 31] = 10, 250, 90
    picture = Image.fromarray(pixels).convert("RGB")
    assert np.array_equal(normalised_pixels(picture), pixels)

    assert iscc_code(picture) == iscc_core.gen_image_code(pixels.ravel().tolist(), bits=256)["iscc"]
    assert iscc_code(picture, bits=64) == iscc_core.gen_image_code(pixels.ravel().tolist(), bits=64)["iscc"]
    mirrored = ImageOps.mirror(picture)
    assert (
        codes_of_looks(picture)["image_code_mirrored"] == codes_of_looks(mirrored)["image_code"] == image_code(mirrored)
    )


def test_only_the_standards_lengths_are_given() -> None:
    with pytest.raises(ValueError, match="64 or 256"):
        iscc_code(painting(1), bits=100)


@given(codes, codes, codes)
def test_distance_is_a_metric(a: bytes, b: bytes, c: bytes) -> None:
    def d(x: bytes, y: bytes) -> int:
        return int(distances(x, np.frombuffer(y, np.uint8)[None, :])[0])

    assert d(a, a) == 0
    assert (d(a, b) == 0) == (a == b)
    assert d(a, b) == d(b, a) == (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()
    assert d(a, c) <= d(a, b) + d(b, c)


def test_a_recompressed_picture_stays_near_and_another_does_not() -> None:
    original = painting(3, size=(200, 160))
    small_and_bad = decode(encoded(original.resize((100, 80)), "JPEG", quality=40)).rgb

    near, far = image_code(small_and_bad), image_code(painting(4, size=(200, 160)))

    table = np.frombuffer(image_code(original), np.uint8)[None, :]
    assert distances(near, table)[0] <= 24
    assert distances(far, table)[0] > 80


def test_an_even_border_does_not_count() -> None:
    framed = Image.new("RGB", (140, 120), "white")
    framed.paste(painting(5), (20, 20))
    assert image_code(framed) == image_code(painting(5))


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 2)])
def test_plain_and_tiny_pictures_have_a_code(size: tuple[int, int]) -> None:
    assert len(image_code(Image.new("RGB", size, "teal"))) == 32


def test_distances_to_no_rows() -> None:
    assert distances(bytes(32), np.empty((0, 32), np.uint8)).shape == (0,)


@pytest.mark.parametrize(("change", "name"), [(lambda im: im, "image_code"), (ImageOps.mirror, "image_code_mirrored")])
def test_a_mirrored_copy_is_known_by_its_look(change: Callable[[Image.Image], Image.Image], name: str) -> None:
    original = painting(11, size=(600, 480))
    table = np.frombuffer(image_code(original), np.uint8)[None, :]

    looks = codes_of_looks(change(original))

    assert len(looks) == 8
    assert {look for look, code in looks.items() if distances(code, table)[0] <= 4} == {name}


def test_most_cropped_copies_are_known_only_by_growing_them_back() -> None:
    plain = grown = 0
    for seed in range(20):
        original = painting(seed, size=(600, 480))
        table = np.frombuffer(image_code(original), np.uint8)[None, :]
        looks = codes_of_looks(original.crop((24, 19, 576, 461)))  # 4 % of every side is gone
        plain += int(distances(looks["image_code"], table)[0] <= 48)
        grown += int(min(distances(code, table)[0] for code in looks.values()) <= 48)

    assert plain <= 4
    assert grown >= 14
