"""Sets and watching over time: sizes, grouping, and how often a false alarm is given."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.style.sets import (
    alarms,
    conditional_levels,
    conditional_p,
    drawn_by_artist,
    drawn_of_images,
    e_values,
    grouped,
    over_time,
    statistic_of,
)


def test_images_of_one_prompt_are_one_image() -> None:
    scores = np.array([[1.0, 0.0], [5.0, 2.0], [3.0, 4.0]])
    assert grouped(scores, ["b", "a", "b"]).tolist() == [[2.0, 2.0], [5.0, 2.0]]
    assert statistic_of(grouped(scores, ["b", "a", "b"])) == 3.5


def test_sets_of_a_generator_share_no_image() -> None:
    scores = np.eye(23)
    found = drawn_of_images(scores, 5)
    assert found.tolist() == [0.2] * 4
    assert len(drawn_of_images(scores, 50)) == 0


def test_sets_of_works_are_one_hands() -> None:
    scores = np.array([[1.0, -np.inf]] * 6 + [[-np.inf, 3.0]] * 3)
    found, unit = drawn_by_artist(scores, np.array([0] * 6 + [1] * 3), 5)
    assert (set(found), set(unit)) == ({1.0}, {0})


@given(st.integers(2, 500))
def test_conditional_p_values_are_larger_than_plain_ones(n: int) -> None:
    levels = conditional_levels(n)
    assert len(levels) == n + 1
    assert (np.diff(levels) >= -1e-12).all()
    assert (levels >= np.arange(1, n + 2) / (n + 1) - 1e-9).all()
    assert levels[-1] == 1
    assert levels[0] == pytest.approx(1 - 0.05 ** (1 / max(n // 2, 1)))


def test_conditional_p_values_hold_for_their_calibration() -> None:
    """Of 2,000 calibrations 5 % at most give p-values that are too small anywhere, for uniform scores."""
    rng = np.random.default_rng(5)
    broken = 0
    levels = conditional_levels(100)
    for _ in range(2000):
        ordered = np.sort(rng.random(100))[::-1]
        # P(p <= levels[c]) is the chance to be above the (c+1)-th largest unit.
        broken += bool(((1 - ordered) > levels[:100] + 1e-12).any())
    assert broken / 2000 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_p_values_count_units_that_are_as_high() -> None:
    units = np.array([[0.0], [1.0], [2.0], [3.0]])
    levels = conditional_levels(4)
    assert conditional_p(np.array([[5.0], [3.0], [-1.0]]), units)[:, 0].tolist() == [levels[0], levels[1], levels[4]]


def test_e_values_have_a_mean_of_one() -> None:
    p = (np.arange(1_000_000) + 0.5) / 1_000_000
    assert e_values(p).mean() == pytest.approx(1.0, abs=0.001)


def test_groups_multiply_and_their_images_are_averaged() -> None:
    p = np.array([[0.25], [1.0], [0.01]])
    # 0.5 / sqrt(p) is 1, 0.5 and 5.
    assert over_time(p, ["a", "a", "b"])[0] == pytest.approx(math.log(3.75))
    assert over_time(p, ["b", "a", "a"])[0] == pytest.approx(math.log(2.75))


def test_a_false_alarm_is_as_rare_as_promised() -> None:
    """400 watches of 200 images that imitate nobody, ten artists, looked at after every image."""
    rng = np.random.default_rng(6)
    alarmed = 0
    for _ in range(400):
        units, seen = rng.normal(size=(200, 10)), rng.normal(size=(200, 10))
        fortunes = over_time(conditional_p(seen, units), list(range(200)))
        alarmed += bool(list(alarms(fortunes, 0.05)))
    assert alarmed / 400 <= 0.05


def alike(rng: np.random.Generator, n: int, artists: int) -> np.ndarray:
    """n × A uniform scores, of which each is with even odds one that all artists of that image share."""
    return np.where(rng.random((n, artists)) < 0.5, rng.random((n, 1)), rng.random((n, artists)))


@pytest.mark.parametrize("choices", [1, 4])
def test_p_values_hold_for_all_artists_at_once(choices: int) -> None:
    """Of 500 calibrations 5 % at most give a p-value that is too small anywhere, for any of ten artists who are alike,
    by any of four ways to score."""
    rng = np.random.default_rng(8)
    broken = 0
    for _ in range(500):
        found = False
        for _way in range(choices):
            units = alike(rng, 100, 10)
            # P(p <= the p of a score just above a unit) is the chance to be above that unit.
            p = conditional_p(np.nextafter(units, 2), units, choices=choices)
            found |= bool((1 - units > p + 1e-12).any())
        broken += found
    assert broken / 500 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)


def test_a_false_alarm_for_any_of_many_alike_is_as_rare_as_promised() -> None:
    """Thirty calibrations, and by each sixty series of forty prompts with three images that are nearly one, which
    imitate nobody: by no calibration are more than 5 % of series alarmed about anybody, anywhere along the way."""
    rng = np.random.default_rng(9)
    prompts = np.repeat(np.arange(40), 3).tolist()
    worst = 0.0
    for _ in range(30):
        units = alike(rng, 400, 20)
        alarmed = 0
        for _series in range(60):
            seen = np.repeat(alike(rng, 40, 20), 3, axis=0)
            alarmed += bool(list(alarms(over_time(conditional_p(seen, units), prompts), 0.05)))
        worst = max(worst, alarmed / 60)
    assert worst <= 0.05


def test_images_that_depend_on_each_other_are_not_evidence_one_by_one() -> None:
    """Given one hand whose works all reach p = 0.1, their fortune grows without bound: why nobody watches uploads."""
    p = np.full((40, 1), 0.1)
    assert list(alarms(over_time(p, list(range(40))), 0.05)) == [0]
    assert not list(alarms(over_time(p, ["one hand"] * 40), 0.05))


def test_an_imitated_artist_is_noticed() -> None:
    rng = np.random.default_rng(7)
    units, seen = rng.normal(size=(1000, 10)), rng.normal(size=(60, 10))
    seen[:, 3] += 3.0
    assert list(alarms(over_time(conditional_p(seen, units), list(range(60))), 0.05)) == [3]
