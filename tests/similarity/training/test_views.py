"""Crops and views."""

import numpy as np

from similarity.training import views


def gradient(height: int, width: int) -> np.ndarray:
    """A picture whose red channel grows to the right and green downwards."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)[None]
    picture[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    return picture


def test_reduce_shrinks_and_never_enlarges() -> None:
    """The long side comes down to 224; a smaller picture stays."""
    assert views.reduce(gradient(448, 200)).shape == (224, 100, 3)
    assert views.reduce(gradient(100, 50)).shape == (100, 50, 3)


def test_boxes_cut_where_they_say() -> None:
    """The first box is the left end of a wide picture, the second its right end."""
    wide = gradient(100, 200)
    assert views.cut(wide, (0, 0, 1.0))[..., 0].max() < 130
    assert views.cut(wide, (1, 1, 1.0))[..., 0].min() > 125
    assert views.cut(wide, (0.5, 0.5, 0.5)).shape == (50, 50, 3)


def test_a_larger_scan_gives_nearly_the_same_crops() -> None:
    """Twice the resolution changes no crop by more than a few levels on average."""
    small, large = gradient(160, 224), gradient(320, 448)
    a = views.crops(small, views.CROPS, 128).astype(int)
    b = views.crops(large, views.CROPS, 128).astype(int)
    assert a.shape == (len(views.CROPS), 128, 128, 3)
    assert np.abs(a - b).mean() < 3


def test_views_are_seeded() -> None:
    """The same seed gives the same pair of views, of the asked size."""
    pairs = [views.view_pair(gradient(160, 224), np.random.default_rng(5), side=64, least=0.3) for _ in range(2)]
    np.testing.assert_array_equal(pairs[0], pairs[1])
    assert pairs[0][0].shape == (64, 64, 3)
