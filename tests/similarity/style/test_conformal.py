"""Thresholds and p-values keep what they promise: by known values, by laws, and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.style.conformal import (
    AVERAGE,
    CONFIDENT,
    NONE,
    largest_rank,
    mean_upper_bound,
    p_value,
    threshold_of_artists,
    threshold_of_images,
)


@pytest.mark.parametrize(("n", "alpha", "rank"), [(1000, 0.01, 5), (500, 0.01, 2), (298, 0.01, 0), (299, 0.01, 1)])
def test_known_ranks(n: int, alpha: float, rank: int) -> None:
    assert largest_rank(n, alpha) == rank


@given(n=st.integers(1, 3000), alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_the_rank_is_the_largest_that_holds(n: int, alpha: float) -> None:
    def below(r: int) -> float:
        return sum(math.comb(n, k) * alpha**k * (1 - alpha) ** (n - k) for k in range(r))

    rank = largest_rank(n, alpha)
    if n <= 1000:  # beyond, binomial coefficients leave the range of floats
        assert below(rank) <= 0.05 < below(rank + 1)
    assert rank <= alpha * n + 1


def test_the_rank_rule_holds_with_95_percent() -> None:
    """4,000 calibrations of 300 uniform statistics: the share with more than 5 % false flags is at most 5 %."""
    rng = np.random.default_rng(1)
    thresholds = np.array([threshold_of_images(rng.random(300), 0.05).value for _ in range(4000)])
    broken = (1 - thresholds > 0.05).mean()
    assert broken <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 4000)
    assert broken > 0.01  # and it is not needlessly careful


def test_a_confidence_asked_for_is_held_and_told() -> None:
    statistics = np.arange(6000.0)
    usual, careful = (threshold_of_images(statistics, 0.01, c) for c in (0.95, 0.9999))
    assert (usual.rank, usual.confidence, careful.confidence) == (48, 0.95, 0.9999)
    assert careful.rank == 34
    beyond = np.random.default_rng(2).beta(careful.rank, 6001 - careful.rank, 40_000)  # the share that it lets pass
    assert (beyond > 0.01).mean() <= 0.0001 + 3 * math.sqrt(0.0001 / 40_000)

    works, artist = np.random.default_rng(0).random(200 * 10), np.repeat(np.arange(200), 10)
    usual, careful = (threshold_of_artists(works, artist, 0.05, c) for c in (0.95, 0.999))
    assert usual.value is not None
    assert careful.value is not None
    assert careful.value > usual.value
    assert (careful.guarantee, careful.confidence) == (CONFIDENT, 0.999)


def test_a_confidence_out_of_reach_never_gives_less_than_the_usual() -> None:
    statistics = np.random.default_rng(4).random(100)
    usual, careful = (threshold_of_images(statistics, 0.05, c) for c in (0.95, 0.9999))
    assert largest_rank(100, 0.05, 0.9999) == 0
    assert careful == usual
    assert (careful.guarantee, careful.confidence, careful.rank) == (CONFIDENT, 0.95, 2)

    works, artist = np.random.default_rng(0).random(136 * 10), np.repeat(np.arange(136), 10)
    usual, careful = (threshold_of_artists(works, artist, 0.05, c) for c in (0.95, 0.9999))
    assert careful == usual
    assert (careful.guarantee, careful.confidence) == (CONFIDENT, 0.95)


def test_too_few_images_bound_on_average_or_not_at_all() -> None:
    statistics = np.arange(40.0)
    assert (threshold_of_images(statistics, 0.05).guarantee, threshold_of_images(statistics, 0.05).value) == (
        AVERAGE,
        38,
    )
    assert threshold_of_images(statistics, 0.05).confidence is None
    assert threshold_of_images(statistics, 0.01).guarantee == NONE
    assert threshold_of_images(statistics, 0.01).value is None
    assert threshold_of_images(np.arange(59.0), 0.05).guarantee == CONFIDENT


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_bound_is_above_the_mean_and_within_reach(values: list[float]) -> None:
    bound = mean_upper_bound(np.array(values))
    assert np.mean(values) <= bound + 1e-9
    assert bound <= 1


def test_nothing_seen_needs_about_sixty_artists_for_five_percent() -> None:
    assert mean_upper_bound(np.zeros(61)) > 0.05 > mean_upper_bound(np.zeros(63))
    assert mean_upper_bound(np.zeros(299)) == pytest.approx(0.01, abs=0.0005)


@pytest.mark.parametrize("spread", [0.02, 1.0])
def test_the_bound_holds_for_artists_that_cluster(spread: float) -> None:
    """Given shares of which most are 0 and some large, then the mean is above its bound in 5 % at most."""
    rng = np.random.default_rng(2)
    mean = 0.04
    draws = rng.beta(mean * spread, (1 - mean) * spread, size=(3000, 136))
    broken = np.mean([mean_upper_bound(row) < mean for row in draws])
    assert broken <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 3000)


def worlds(rng: np.random.Generator, artists: int, works: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest scores of works of *artists*: of one hand they are alike, and some hands resemble somebody."""
    level = rng.normal(size=artists) + 2.0 * (rng.random(artists) < 0.05)
    return rng.normal(level[:, None], 0.5, (artists, works)), level


@pytest.mark.parametrize(("artists", "guarantee"), [(136, CONFIDENT), (30, AVERAGE)])
def test_thresholds_by_artist_bound_the_rate_of_new_artists(artists: int, guarantee: str) -> None:
    rng = np.random.default_rng(3)
    new, _level = worlds(rng, 20_000, 20)
    rates = []
    for _ in range(300):
        works, _level = worlds(rng, artists, 20)
        threshold = threshold_of_artists(works.ravel(), np.repeat(np.arange(artists), 20), 0.05)
        assert threshold.guarantee == guarantee
        assert threshold.value is not None
        rates.append((new > threshold.value).mean())
    if guarantee == CONFIDENT:
        assert np.mean(np.array(rates) > 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert np.mean(rates) <= 0.05


def test_artists_weigh_the_same_whatever_they_made() -> None:
    """One artist with a thousand high scores is one of a hundred."""
    statistics = np.concatenate([np.full(1000, 9.0), np.linspace(0, 1, 990)])
    artist = np.concatenate([np.zeros(1000, int), np.repeat(np.arange(1, 100), 10)])
    threshold = threshold_of_artists(statistics, artist, 0.05)
    assert threshold.value is not None
    assert threshold.value < 9
    assert p_value(5.0, statistics, artist) == pytest.approx(2 / 101)


def test_two_artists_attain_nothing() -> None:
    assert threshold_of_artists(np.array([1.0, 2.0]), np.array([0, 1]), 0.05).value is None
    assert threshold_of_artists(np.array([1.0]), np.array([0]), 0.05).guarantee == NONE


@pytest.mark.parametrize("by_artist", [False, True])
def test_p_values_are_super_uniform(by_artist: bool) -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(4000):
        if by_artist:
            works, _level = worlds(rng, 41, 5)
            units = np.repeat(np.arange(40), 5)
            found.append(p_value(float(works[40, 0]), works[:40].ravel(), units))
        else:
            statistics = rng.normal(size=101)
            found.append(p_value(float(statistics[100]), statistics[:100], np.arange(100)))
    for u in (0.02, 0.05, 0.1, 0.5):
        assert np.mean(np.array(found) <= u) <= u + 3 * math.sqrt(u * (1 - u) / 4000)
    assert min(found) > 0
