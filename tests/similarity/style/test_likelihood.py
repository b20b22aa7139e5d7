"""Likelihood ratios of distributions whose ratios are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.style.likelihood import Trials, cllr, cllr_min, crossed, fit, pav, reliability, weights


def trials(*, artists: int = 60, each: int = 200, apart: float = 2.0, seed: int = 0) -> Trials:
    """Scores that are N(apart, 1) for the same hand and N(0, 1) for another: log LR is apart · s - apart² / 2."""
    rng = np.random.default_rng(seed)
    score = np.concatenate([rng.normal(apart, 1, artists * each), rng.normal(0, 1, artists * each)])
    asked = np.tile(np.repeat(np.arange(artists), each), 2)
    same = np.arange(len(score)) < artists * each
    return Trials(score, same, asked, np.where(same, asked, (asked + 1) % artists))


def test_the_ratio_of_two_normal_distributions_is_found() -> None:
    model = fit(trials())
    offset, slope = model.fits[0]
    assert (offset, slope) == (pytest.approx(-2.0, abs=0.05), pytest.approx(2.0, abs=0.05))
    log10, low, high = model.log10(1.5)
    assert log10 == pytest.approx(1.0 / math.log(10), abs=0.02)
    assert low < log10 < high
    assert high - low < 0.1


def test_no_ratio_goes_beyond_the_number_of_artists() -> None:
    model = fit(trials(artists=30, each=20))
    assert model.cap == pytest.approx(math.log10(30))
    assert model.log10(50.0) == pytest.approx((model.cap,) * 3)
    assert model.log10(-50.0) == pytest.approx((-model.cap,) * 3)


def test_scores_that_tell_nothing_give_a_ratio_of_one() -> None:
    backwards = trials(apart=-2.0)
    assert fit(backwards, rounds=3).log10(3.0) == (0.0, 0.0, 0.0)
    assert cllr(crossed(backwards), backwards.same, weights(backwards)) == pytest.approx(1.0)


def test_separable_scores_are_survived() -> None:
    far = trials(artists=12, each=10, apart=100.0)
    log10, _low, _high = fit(far, rounds=5).log10(100.0)
    assert log10 == pytest.approx(math.log10(12))


def test_cllr_of_known_ratios() -> None:
    same = np.array([True, False])
    even = np.array([0.5, 0.5])
    assert cllr(np.zeros(2), same, even) == pytest.approx(1.0)
    assert cllr(np.array([30.0, -30.0]), same, even) < 1e-9
    assert cllr(np.log([3.0, 3.0]), same, even) == pytest.approx((math.log2(4 / 3) + math.log2(4)) / 2)


def test_calibrated_scores_lose_little_and_shifted_ones_much() -> None:
    t = trials()
    weight = weights(t)
    least = cllr_min(t.score, t.same, weight)
    truth = 2 * t.score - 2
    assert least <= cllr(truth, t.same, weight) <= least + 0.01
    assert cllr(crossed(t), t.same, weight) <= least + 0.02
    assert cllr(truth + 3, t.same, weight) > least + 0.2


def test_artists_and_kinds_weigh_the_same() -> None:
    t = Trials(np.zeros(5), np.array([True, True, True, False, False]), np.array([0, 0, 1, 0, 1]), np.zeros(5, int))
    assert weights(t).tolist() == [0.125, 0.125, 0.25, 0.25, 0.25]


def test_reliability_of_a_calibrated_score_is_the_diagonal() -> None:
    t = trials()
    for entry in reliability(2 * t.score - 2, t.same, weights(t)):
        assert entry["from"] <= entry["predicted"] <= entry["to"]
        assert entry["observed"] == pytest.approx(entry["predicted"], abs=0.06)


values = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 10)), min_size=1, max_size=40)


@given(values)
def test_pooling_gives_the_nearest_rising_sequence(rows: list[tuple[float, float]]) -> None:
    value, weight = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    risen = pav(value, weight)
    assert (np.diff(risen) >= -1e-9).all()
    assert (risen * weight).sum() == pytest.approx((value * weight).sum(), abs=1e-6)
    assert np.allclose(pav(risen, weight), risen)
    # No rising line does better.
    for line in (np.full(len(value), np.average(value, weights=weight)), np.sort(value)):
        assert ((risen - value) ** 2 * weight).sum() <= ((line - value) ** 2 * weight).sum() + 1e-6


@given(st.integers(0, 1000))
def test_the_least_cost_is_least(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score, same = rng.normal(size=50), rng.random(50) < 0.5
    if same.all() or not same.any():
        return
    weight = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    least = cllr_min(score, same, weight)
    assert 0 <= least <= 1 + 1e-9
    for slope in (0.0, 0.5, 2.0):
        assert least <= cllr(slope * score, same, weight) + 1e-9
