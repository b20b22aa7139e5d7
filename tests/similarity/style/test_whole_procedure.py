"""The whole procedure, the choice of a strategy included, on simulated schools of painters."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from similarity.artist_scores import best_means
from similarity.style.conformal import threshold_of_artists
from similarity.style.fit import power
from similarity.style.scores import STRATEGIES, as_unknown, normalise, scales

ARTISTS, WORKS, DIMENSION, NEW, WORLDS = 100, 12, 16, 1000, 40
Rows = NDArray[np.floating]


def works(rng: np.random.Generator, schools: Rows, artists: int, each: int) -> Rows:
    """Artists of common schools, one in ten nearly like the school itself, each with a spread of their own."""
    faithful = np.where(rng.random(artists) < 0.1, 0.15, 1.0)[:, None]
    hands = schools[rng.integers(0, len(schools), artists)] + 0.8 * faithful * rng.normal(size=(artists, DIMENSION))
    spread = np.repeat(rng.uniform(0.8, 1.6, artists), each)[:, None]
    rows = np.repeat(hands, each, axis=0) + spread * rng.normal(size=(artists * each, DIMENSION))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def rate_among_new_artists(seed: int) -> float:
    rng = np.random.default_rng(seed)
    schools = rng.normal(size=(25, DIMENSION))
    known = works(rng, schools, ARTISTS, WORKS).astype(np.float16)
    asked = works(rng, schools, NEW, 4).astype(np.float32)
    own = np.repeat(np.arange(ARTISTS), WORKS)
    slices = [(a, a * WORKS, (a + 1) * WORKS) for a in range(ARTISTS)]
    raw = best_means(known.astype(np.float32), known, slices, skipped=np.arange(len(known)))  # type: ignore[arg-type]
    new = best_means(asked, known, slices)  # type: ignore[arg-type]
    full, without = scales(raw, own)
    found = {}
    for strategy in STRATEGIES:
        statistics = as_unknown(raw, own, strategy, without).max(axis=1)
        threshold = threshold_of_artists(statistics, own, 0.05)
        assert (threshold.guarantee, threshold.units) == ("confident", ARTISTS)
        assert threshold.value is not None
        told = power(normalise(raw, strategy, full), own, threshold.value)
        found[told] = float((normalise(new, strategy, full).max(axis=1) > threshold.value).mean())
    return found[max(found)]


@pytest.mark.slow
def test_works_of_new_artists_are_flagged_as_rarely_as_promised() -> None:
    rates = np.array([rate_among_new_artists(seed) for seed in range(WORLDS)])
    assert (rates > 0.05).mean() <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / WORLDS)
    assert 0.005 < rates.mean() < 0.05
