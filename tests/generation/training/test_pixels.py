"""Squares and patches come from where they should, and the held-out share never changes."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generation.training.latents import at_native_size
from generation.training.pixels import LEAST_SIDE, PixelStore, Work, held_out, read_works, split, to_tensor


@pytest.fixture
def store(tmp_path: Path) -> PixelStore:
    art = tmp_path / "art"
    (art / "x").mkdir(parents=True)
    tall = np.zeros((40, 20, 3), np.uint8)
    tall[:20, :, 0] = 250
    tall[20:, :, 2] = 250
    Image.fromarray(tall).save(art / "x" / "001.webp", lossless=True)
    with (art / "works.csv").open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["file", "artist", "title", "style", "artist_died", "width", "height"])
        rows.writerow(["x/001.webp", "x", "flag", "Baroque", 1700, 20, 40])
    return PixelStore.build(art, read_works(art), tmp_path / "work")


def test_a_square_follows_its_position(store: PixelStore) -> None:
    top, bottom = store.square(0, 0.0, 16), store.square(0, 1.0, 16)
    assert top.shape == (16, 16, 3)
    assert top[..., 0].mean() > 200 > 50 > top[..., 2].mean()
    assert bottom[..., 2].mean() > 200 > 50 > bottom[..., 0].mean()


def test_a_patch_is_seeded(store: PixelStore) -> None:
    a, b = (store.patch(0, 256, 96, random.Random(3)) for _ in range(2))
    assert a.shape == (96, 96, 3)
    assert np.array_equal(a, b)


def test_tensor_range_and_layout(store: PixelStore) -> None:
    batch = to_tensor([store.square(0, 0.0, 16)])
    assert batch.shape == (1, 3, 16, 16)
    assert batch.dtype == torch.float32
    assert -1 <= batch.min() < batch.max() <= 1


def test_native_size_has_a_short_side_of_whole_latents(store: PixelStore) -> None:
    assert at_native_size(store.picture(0), 32, 8).shape == (448, 256, 3)
    assert at_native_size(np.zeros((97, 150, 3), np.uint8), 32, 8).shape == (256, 392, 3)
    assert at_native_size(np.zeros((97, 150, 3), np.uint8), 16, 8).shape == (128, 200, 3)
    assert at_native_size(np.zeros((97, 150, 3), np.uint8), 16, 16).shape == (256, 400, 3)


def test_held_out_is_fixed() -> None:
    mask = held_out(1000, 0.05)
    assert mask.sum() == 50
    assert np.array_equal(mask, held_out(1000, 0.05))


def test_the_split_leaves_out_what_is_held_out_and_what_is_too_narrow() -> None:
    shape = np.full((1000, 2), 300, np.int32)
    shape[::10, 1] = LEAST_SIDE - 1
    out = held_out(1000, 0.05)

    learnt, measured = split(shape, 0.05)

    assert sorted(learnt + measured) == [i for i in range(1000) if i % 10]
    assert [bool(out[i]) for i in learnt] == [False] * len(learnt)
    assert all(out[i] for i in measured)


def test_the_statement_counts_the_works_learnt_from() -> None:
    from generation.training.export import said_of

    learnt = [Work(f"{n}.webp", f"artist-{n % 7}", "", "") for n in range(1234)]

    assert said_of(learnt, listed=10_171) == {
        "training_statement": (
            "trained on 1,234 public-domain works by 7 artists, among the 10,171 listed in docs/training-works.csv"
        ),
        "trained_on_artists": [f"artist-{n}" for n in range(7)],
    }
