"""What is taken from a picture, and that it is the same each time."""

import numpy as np
from PIL import Image

from similarity.explain.ablations import SIDE, ablations, reduced
from similarity.explain.occlusion import grid_of, looks_of, occlusion_map
from tests.similarity.conftest import painting

PICTURE = painting(3, size=(160, 120))


def test_each_ablation_takes_what_it_says() -> None:
    made = ablations(PICTURE)
    assert list(made) == ["as_it_is", "grey", "shuffled", "blurred"]
    whole, grey, shuffled, blurred = (np.asarray(made[name]).astype(int) for name in made)

    assert (whole == np.asarray(PICTURE)).all()
    assert (grey.min(axis=2) == grey.max(axis=2)).all()
    assert np.abs(grey.mean(axis=2) - np.asarray(PICTURE.convert("L"))).max() == 0
    assert np.abs(np.diff(blurred, axis=1)).mean() < 0.9 * np.abs(np.diff(whole, axis=1)).mean()
    # The very same pixels, and no patch where it was.
    assert (np.sort(shuffled.reshape(-1, 3), axis=0) == np.sort(whole.reshape(-1, 3), axis=0)).all()
    for row in range(4):
        for column in range(4):
            patch = (slice(row * 30, row * 30 + 30), slice(column * 40, column * 40 + 40))
            assert (shuffled[patch] != whole[patch]).any()


def test_the_same_picture_gives_the_same_bytes() -> None:
    one, other = ablations(PICTURE), ablations(PICTURE.copy())
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_large_pictures_are_reduced_and_small_ones_are_not() -> None:
    assert reduced(Image.new("RGB", (4000, 1000))).size == (SIDE, 128)
    assert reduced(PICTURE) is PICTURE
    assert reduced(Image.new("RGB", (9000, 2))).size == (SIDE, 1)


def test_the_map_shows_where_the_score_lies() -> None:
    """Given a score that is the red in one corner, then covering that corner is what makes it fall."""
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[:30, 120:, 0] = 255
    told: list[int] = []

    def red(batch: object) -> np.ndarray:
        return np.array([np.asarray(image)[..., 0].sum() / 255 for image in batch])  # type: ignore[attr-defined]

    found = occlusion_map(Image.fromarray(pixels), red, on_look=told.append)

    assert found.drops.shape == grid_of((160, 120)) == (5, 7)
    assert divmod(int(found.drops.argmax()), 7) == (0, 6)
    assert found.drops.max() > 0
    assert found.drops[4, 0] <= 0
    assert found.score == 30 * 40
    assert sum(told) == looks_of((160, 120)) == 6 * 8 + 1


def test_a_score_that_no_part_carries_has_no_strongest_part() -> None:
    found = occlusion_map(PICTURE, lambda batch: np.ones(len(batch)))
    assert (found.drops == 0).all()


def test_strips_have_a_grid_too() -> None:
    assert grid_of((1000, 3)) == (1, 7)
    assert occlusion_map(Image.new("RGB", (100, 2)), lambda batch: np.ones(len(batch))).drops.shape == (1, 7)
