"""Normalised scores, and what a left-out artist's works are measured by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.artist_scores import best_means
from similarity.style.content import control_p, fit_content, near_limits
from similarity.style.fit import ALPHAS, Background, Cohort, fit
from similarity.style.fitted import Fitted
from similarity.style.scores import (
    STRATEGIES,
    ImageScores,
    Scale,
    as_unknown,
    next_mean,
    normalise,
    resampled,
    scales,
    without_own,
)

FLAT = Scale(np.zeros(4), np.ones(4))


def cohort(*, artists: int = 30, works: int = 12, d: int = 24, seed: int = 0) -> Cohort:
    rng = np.random.default_rng(seed)
    hands = rng.normal(size=(artists, d))
    rows = np.repeat(hands, works, axis=0) * 1.5 + rng.normal(size=(artists * works, d))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Cohort(
        slugs=tuple(f"a{a:02d}" for a in range(artists)),
        vectors=rows.astype(np.float16),
        sha256s=rng.integers(0, 256, (len(rows), 32)).astype(np.uint8),
        own=np.repeat(np.arange(artists), works),
        styles=np.array(["x", "y"])[np.repeat(np.arange(artists) % 2, works)],
    )


def test_the_mean_of_the_next_leaves_out_the_best() -> None:
    assert next_mean(np.array([[9.0, 1, 2, 3, 4, 5, 0], [1, 1, 1, 1, 1, 1, 1]])).tolist() == [[3.0], [1.0]]
    assert next_mean(np.array([[9.0, -np.inf, 2.0], [1.0, -np.inf, -np.inf]])).tolist() == [[2.0], [0.0]]


def test_strategies() -> None:
    raw = np.array([[4.0, 3.0, 2.0, 1.0]])
    scale = Scale(np.array([1.0, 1, 1, 1]), np.array([1.0, 2, 1, 1]))
    assert normalise(raw, "raw", scale).tolist() == raw.tolist()
    assert normalise(raw, "query", scale).tolist() == [[2.0, 1.0, 0.0, -1.0]]
    assert normalise(raw, "artist", scale).tolist() == [[3.0, 1.0, 1.0, 0.0]]
    assert normalise(raw, "both", scale)[0, 0] == pytest.approx(3 - 0.5 * 2 / 3)
    with pytest.raises(ValueError, match="no such strategy"):
        normalise(raw, "none", scale)


@given(st.integers(0, 200), st.sampled_from(STRATEGIES))
def test_what_is_not_compared_stays_so_and_the_order_too(seed: int, strategy: str) -> None:
    raw = np.random.default_rng(seed).normal(size=(3, 4))
    masked = without_own(raw, np.array([0, 1, 2]))
    found = normalise(masked, strategy, FLAT)
    assert (np.isneginf(found) == np.isneginf(masked)).all()
    assert (np.argsort(found, axis=1) == np.argsort(masked, axis=1)).all()


def test_a_left_out_artist_is_in_no_scale() -> None:
    """The scales as if artist a were unknown are those of a collection that a is not in."""
    whole = cohort(artists=9)
    queries = whole.vectors.astype(np.float32)
    raw = best_means(queries, whole.vectors, whole.slices, skipped=np.arange(len(queries)))
    full, without = scales(raw, whole.own)
    kept = whole.own != 3
    columns = np.arange(9) != 3
    fewer, _ = scales(raw[kept][:, columns], np.searchsorted(np.flatnonzero(columns), whole.own[kept]))
    # The upper tenth is of as many works as with everybody: 10 of 96, and 8 of 84.
    assert without.mean[3][columns] == pytest.approx(fewer.mean, abs=0.05)
    assert not np.allclose(without.mean[3], full.mean)
    unknown = as_unknown(raw, whole.own, "artist", without)
    assert np.isneginf(unknown[np.arange(len(queries)), whole.own]).all()
    assert np.isfinite(unknown).sum() == unknown.size - len(queries)


def test_resampling_is_repeatable_and_around_the_score() -> None:
    similar = np.linspace(0, 1, 30)
    assert resampled(similar, best=5).tolist() == resampled(similar, best=5).tolist()
    assert resampled(similar, best=5).mean() == pytest.approx(np.sort(similar)[-5:].mean(), abs=0.05)
    assert resampled(similar[:3], best=5).shape == (200,)


def test_equal_scores_are_in_the_order_of_slugs() -> None:
    scores = ImageScores(("b", "a", "c"), np.zeros(3), np.array([1.0, 1.0, 2.0]), np.full(3, 10))
    assert scores.order().tolist() == [2, 1, 0]
    assert scores.statistic == 2.0


def test_content_is_what_hands_do_not_differ_in() -> None:
    """Given a hand along the first axis and a subject along the second, the content vector sees the second alone."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.arange(6), 40)
    rows = rng.normal(size=(240, 8)) * 0.05
    rows[:, 0] += own - 2.5
    subject = rng.integers(0, 2, 240) * 2 - 1
    rows[:, 1] += subject
    space = fit_content(rows.astype(np.float32), own)
    content = space.of(rows.astype(np.float32))
    alike = content @ content.T
    assert alike[subject == 1][:, subject == 1].mean() > 0.7
    assert alike[subject == 1][:, subject == -1].mean() < -0.5
    lengths = space.lengths(rows.astype(np.float16))
    assert space.similarities(content[0], rows.astype(np.float16), lengths) == pytest.approx(alike[0], abs=0.02)


def test_content_limits_and_controls() -> None:
    similar = np.array([[0.9, 0.1], [0.8, 0.3], [0.2, 0.7], [0.4, 0.9]])
    assert near_limits(similar, np.array([0, 0, 1, 1])) == pytest.approx([0.39, 0.29])
    assert control_p(2.0, np.array([1.0, 2.0, 3.0])) == pytest.approx(3 / 4)
    assert control_p(2.0, np.empty(0)) == 1.0


def test_fitting_keeps_the_strategy_that_tells_most_and_its_numbers_survive_a_file() -> None:
    fitted, strategy, thresholds, figures = fit(cohort(), alpha=0.05)
    powers = {name: table["0.05"]["power"] for name, table in figures["strategies"].items()}
    assert set(powers) == set(STRATEGIES)
    assert powers[strategy] == max(powers.values())
    assert [t.alpha for t in thresholds] == list(ALPHAS)
    assert [t.guarantee for t in thresholds] == ["none", "average"]
    again = Fitted.from_bytes(fitted.to_bytes())
    assert again.to_bytes() == fitted.to_bytes()
    assert again.slugs == fitted.slugs
    assert (again.statistics == fitted.statistics).all()
    assert set(again.sets) == {2, 5, 10}
    assert again.vectors is None


def test_fitting_twice_gives_the_same_numbers() -> None:
    assert fit(cohort(), alpha=0.05)[0].to_bytes() == fit(cohort(), alpha=0.05)[0].to_bytes()


def test_a_generators_pictures_are_units_each_by_itself() -> None:
    rng = np.random.default_rng(1)
    made = rng.normal(size=(120, 24)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    background = Background(made, tuple(str(i) for i in range(120)), tuple("0" * 120))
    fitted, _strategy, thresholds, _figures = fit(cohort(), background=background, alpha=0.05, strategy="artist")
    assert [(t.guarantee, t.rank, t.units) for t in thresholds] == [("average", 1, 120), ("confident", 2, 120)]
    assert fitted.vectors is not None
    assert fitted.vectors.dtype == np.float16
    assert fitted.prompts[119] == "119"
    assert len(fitted.sets[50][0]) == 2
