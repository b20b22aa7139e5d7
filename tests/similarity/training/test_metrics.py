"""Metric definitions against examples worked by hand."""

import numpy as np
import pytest

from similarity.training import metrics

ARTIST = np.array([0, 0, 1, 1], np.int64)


def on_circle(*degrees: float) -> np.ndarray:
    """Unit rows at the given angles."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32)


def test_hits_and_precision_by_hand() -> None:
    """Given works at 0, 50 (artist 0) and 40, 90 (artist 1), then only the outer two are found wrong."""
    table = metrics.similarities(on_circle(0, 50, 40, 90))
    hit, mean_precision = metrics.ranks_precision(table, ARTIST, 3)
    # Neighbours of 0: 40 (other), 50 (own), 90; so precision at 1, 2, 3 is 0, 1/2, 1/3.
    np.testing.assert_array_equal(hit, [0, 0, 0, 0])
    assert mean_precision[0] == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    # Neighbours of 50: 40 (other), 90 (other), 0 (own).
    assert mean_precision[1] == pytest.approx((0 + 0 + 1 / 3) / 3)


def test_all_right_when_artists_lie_apart() -> None:
    """Given two tight groups, then every figure is at its best."""
    values = metrics.figures(on_circle(0, 1, 90, 91), ARTIST)
    assert values["R@1"] == 1
    assert values["artist top-1"] == 1
    assert values["AUC pairs"] == 1
    assert values["AUC work-artist"] == 1


def test_artist_score_leaves_the_work_itself_out() -> None:
    """The score against the own artist averages the other works only; here there is one."""
    rows = on_circle(0, 60, 90, 91)
    scores = metrics.artist_scores(metrics.similarities(rows), ARTIST, artists=2)
    assert scores[0, 0] == pytest.approx(np.cos(np.radians(60)), abs=1e-6)


def test_artist_score_takes_the_best_five() -> None:
    """Given seven references of one artist, then the two farthest do not count."""
    rows = on_circle(0, 10, 20, 30, 40, 50, 170, 180)
    artist = np.array([1, 0, 0, 0, 0, 0, 0, 0], np.int64)
    rows, artist = np.concatenate([rows, on_circle(5)]), np.append(artist, 1)
    scores = metrics.artist_scores(metrics.similarities(rows), artist, artists=2)
    assert scores[0, 0] == pytest.approx(np.cos(np.radians([10, 20, 30, 40, 50])).mean(), abs=1e-6)


def test_auc_by_hand_with_a_tie() -> None:
    """Of six pairs four are ordered, one is tied and one is not: 4.5 / 6."""
    positive = np.array([3.0, 2.0], np.float32)
    negative = np.array([1.0, 2.0, 2.5], np.float32)
    assert metrics.auc(positive, negative) == pytest.approx(4.5 / 6)


def test_bootstrap_holds_the_estimate() -> None:
    """Intervals by artist are ordered and hold the value of the whole."""
    rng = np.random.default_rng(0)
    artist = np.repeat(np.arange(8), 6).astype(np.int64)
    rows = rng.normal(size=(48, 5)) + rng.normal(size=(8, 5))[artist]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    work = metrics.per_work(rows, artist)
    low, high = metrics.bootstrap(work, rounds=200)["R@1"]
    assert low <= float(work.hit1.mean()) <= high


def test_caption_recall_counts_pictures_that_lie_nearer() -> None:
    """The second caption points at the first picture: found among two, not as the nearest."""
    images, texts = on_circle(0, 90, 180), on_circle(0, 40, 180)
    assert metrics.caption_recall(texts, images, 1) == pytest.approx(2 / 3)
    assert metrics.caption_recall(texts, images, 2) == 1
