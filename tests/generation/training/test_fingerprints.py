"""The copy check can fail: copies are near, other pictures are far."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from generation.training.fingerprints import cosine_distance, cut, hamming, layout, phash, recompress
from generation.training.pixels import Pixels


def picture(seed: int) -> Pixels:
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((256, 256), Image.Resampling.BICUBIC))


def test_a_recompressed_copy_is_near_and_another_picture_far() -> None:
    a, b = picture(0), picture(1)
    small = np.asarray(Image.fromarray(a).resize((100, 100)).resize((256, 256)))
    bits = hamming(np.stack([phash(small)]), np.stack([phash(a), phash(b)]))
    assert bits.shape == (1, 2)
    assert bits[0, 0] < 20
    assert bits[0, 1] > 70


def test_a_mirrored_view_is_found_only_by_its_mirror() -> None:
    a = picture(2)
    mirror = np.ascontiguousarray(a[:, ::-1])
    assert hamming(np.stack([phash(mirror)]), np.stack([phash(mirror)]))[0, 0] == 0
    assert hamming(np.stack([phash(mirror)]), np.stack([phash(a)]))[0, 0] > 40


@pytest.mark.parametrize("change", [recompress, cut])
def test_copies_keep_the_size_and_are_seeded(change: Callable[[Pixels, np.random.Generator], Pixels]) -> None:
    a, b = (change(picture(3), np.random.default_rng(5)) for _ in range(2))
    assert a.shape == (256, 256, 3)
    assert np.array_equal(a, b)


def test_cosine_distance_of_a_thing_to_itself_is_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(3, 16)).astype(np.float32)
    distances = cosine_distance(x.copy(), x.copy(), np.zeros(16, np.float32))
    assert np.allclose(np.diag(distances), 0, atol=1e-6)
    assert distances[0, 1] > 0.1


def test_layout_ignores_light_and_finds_a_copy() -> None:
    a, b = picture(4), picture(5)
    ramp = np.repeat(np.linspace(0, 60, 256)[:, None, None], 256, 1)
    lit = np.clip(a * 0.7 + ramp, 0, 255).astype(np.uint8)
    assert layout(a) @ layout(lit) > 0.9
    assert layout(a) @ layout(b) < 0.5
