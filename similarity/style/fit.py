"""Fit everything a calibration holds, from vectors alone: scales, thresholds, ratios, content, sets.

n works by A artists are the cohort. The background is theirs, each artist left out in turn, or, for a generator,
u pictures it made when asked for nobody's style.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity.artist_scores import best_means
from similarity.style import likelihood, sets
from similarity.style.conformal import CONFIDENCE, Threshold, threshold_of_artists, threshold_of_images
from similarity.style.content import fit_content, near_limits
from similarity.style.fitted import Fitted
from similarity.style.scores import STRATEGIES, as_unknown, normalise, scales

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Bools = NDArray[np.bool_]

ALPHAS = (0.01, 0.05)
ENOUGH_UNTRAINED = 20


@dataclass(frozen=True)
class Cohort:
    """n works ordered by artist: vectors (n × d, float16), SHA-256 of files (n × 32), artists, movements (n,)."""

    slugs: tuple[str, ...]
    vectors: NDArray[np.float16]
    sha256s: NDArray[np.uint8]
    own: Ints
    styles: NDArray[np.str_]

    @property
    def slices(self) -> list[tuple[UUID, int, int]]:
        """As ``best_means`` takes them; the ids stand for nothing here."""
        ends = np.cumsum(np.bincount(self.own, minlength=len(self.slugs)))
        return [(UUID(int=a), int(ends[a - 1]) if a else 0, int(ends[a])) for a in range(len(self.slugs))]


@dataclass(frozen=True)
class Background:
    """u pictures of a generator: vectors u × d, the prompt and the seed of each."""

    vectors: Floats
    prompts: tuple[str, ...]
    seeds: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """The cohort by one strategy: ``unknown`` (n × A) as if its artist were not known, ``known`` as they are."""

    unknown: Floats
    known: Floats
    background: Floats  # u × A
    unit: Ints  # (u,)


def fit(
    cohort: Cohort,
    *,
    background: Background | None = None,
    units: Bools | None = None,
    untrained: Bools | None = None,
    alpha: float,
    confidence: float = CONFIDENCE,
    strategy: str | None = None,
    on_step: Callable[[str], None] = lambda step: None,
) -> tuple[Fitted, str, list[Threshold], dict[str, Any]]:
    """The numbers, the strategy kept, a threshold for each of ``ALPHAS``, and the figures.

    *units* (A,) says which artists count as background when there is no generator; all by default. *untrained*
    (A,) says whom the encoder was not trained on, where that is known: see ``asking_untrained``. The
    strategy, unless named, is the one that at *alpha* tells the most held-out works to their artist. Thresholds
    hold with *confidence*, those of sets with ``CONFIDENCE``.
    """
    on_step("scores")
    queries = np.asarray(cohort.vectors, np.float32)
    raw = best_means(queries, cohort.vectors, cohort.slices, skipped=np.arange(len(queries), dtype=np.int64))
    full, without = scales(raw, cohort.own)
    made = None if background is None else best_means(background.vectors, cohort.vectors, cohort.slices)
    counted = np.ones(len(queries), bool) if units is None else units[cohort.own]

    def scored(name: str) -> Scored:
        unknown = as_unknown(raw, cohort.own, name, without)
        known = normalise(raw, name, full)
        if made is None:
            return Scored(unknown, known, unknown[counted], cohort.own[counted])
        return Scored(unknown, known, normalise(made, name, full), np.arange(len(made)))

    on_step("strategies")
    limit_of = partial(_threshold, by_artist=made is None, confidence=confidence)
    tables = {name: _table(scored(name), cohort.own, limit_of) for name in STRATEGIES}
    kept = strategy or max(STRATEGIES, key=lambda name: tables[name][_key(alpha)]["power"])
    chosen = scored(kept)
    statistics = chosen.background.max(axis=1)
    thresholds = [limit_of(statistics, chosen.unit, a) for a in ALPHAS]

    on_step("likelihood ratios")
    trials = asking_untrained(trials_of(chosen, cohort), untrained)
    ratio = likelihood.fit(trials)
    figures: dict[str, Any] = {"alpha": alpha, "strategies": tables, "likelihood": _quality(trials)}
    figures["likelihood"]["same_style"] = is_of_one_style(trials, cohort)

    on_step("content")
    space = fit_content(queries, cohort.own)
    alike = best_means(
        space.of(queries),
        space.of(queries).astype(np.float16),
        cohort.slices,
        skipped=np.arange(len(queries), dtype=np.int64),
    )

    on_step("sets")
    of_sets = _sets(chosen, by_artist=made is None)
    figures["sets"] = {str(size): _set_figures(size, of_sets, chosen, cohort.own, made is None) for size in of_sets}
    figures["maxima"] = _quantiles(statistics, chosen.unit)
    fitted = Fitted(
        slugs=cohort.slugs,
        cohort=cohort.sha256s,
        own=cohort.own,
        scale=full,
        statistics=statistics,
        unit=chosen.unit,
        ratio=ratio,
        content=space,
        content_limits=near_limits(alike, cohort.own),
        watched=_watched(chosen, by_artist=made is None),
        sets=of_sets,
        vectors=None if background is None else np.asarray(background.vectors, np.float16),
        prompts=() if background is None else background.prompts,
        seeds=() if background is None else background.seeds,
    )
    return fitted, kept, thresholds, figures


def _key(alpha: float) -> str:
    return f"{alpha:g}"


def _threshold(
    statistics: Floats, unit: Ints, alpha: float, *, by_artist: bool, confidence: float = CONFIDENCE
) -> Threshold:
    if by_artist:
        return threshold_of_artists(statistics, unit, alpha, confidence)
    return threshold_of_images(statistics, alpha, confidence)


def power(known: Floats, own: Ints, value: float | None) -> float:
    """Share of held-out works whose own artist is first and above *value*, artists weighing the same."""
    if value is None:
        return 0.0
    mine = known[np.arange(len(own)), own]
    told = (mine > value) & (mine >= known.max(axis=1))
    return float((np.bincount(own, told) / np.bincount(own)).mean())


def _table(scored: Scored, own: Ints, limit_of: Callable[[Floats, Ints, float], Threshold]) -> dict[str, Any]:
    statistics = scored.background.max(axis=1)
    found = {}
    for alpha in ALPHAS:
        threshold = limit_of(statistics, scored.unit, alpha)
        found[_key(alpha)] = {**threshold.facts(), "power": round(power(scored.known, own, threshold.value), 4)}
    return found


def trials_of(scored: Scored, cohort: Cohort) -> likelihood.Trials:
    """Works against their own artist, and those of the artist's main style by others.

    Works that carry no style count as being of one: among artists without any, the others are simply others.
    """
    own, n = cohort.own, len(cohort.own)
    cells = cohort.styles[:, None] == main_styles(cohort)[None, :]
    cells[np.arange(n), own] = False
    work, asked = np.nonzero(cells)
    return likelihood.Trials(
        score=np.concatenate([scored.known[np.arange(n), own], scored.unknown[work, asked]]),
        same=np.concatenate([np.ones(n, bool), np.zeros(len(work), bool)]),
        asked=np.concatenate([own, asked]),
        made_by=np.concatenate([own, own[work]]),
    )


def main_styles(cohort: Cohort) -> NDArray[np.str_]:
    """(A,): the style that most works of each artist carry, empty where most carry none."""
    return np.array([_most_common(cohort.styles[cohort.own == a].tolist()) for a in range(len(cohort.slugs))], np.str_)


def is_of_one_style(trials: likelihood.Trials, cohort: Cohort) -> bool:
    """Whether in *trials* every work by another hand carries the style of the artist it is held against."""
    asked = trials.asked[~trials.same]
    return bool(len(asked) and (main_styles(cohort)[asked] != "").all())


def asking_untrained(trials: likelihood.Trials, untrained: Bools | None) -> likelihood.Trials:
    """The trials about artists the encoder was not trained on, if there are ``ENOUGH_UNTRAINED``; else all.

    An encoder tells the works of the artists it learnt from apart better than anybody's. Ratios fitted to those
    promise too much of everybody else (measured: a Cllr of 1.0 where 0.5 is promised).
    """
    if untrained is None or untrained.sum() < ENOUGH_UNTRAINED:
        return trials
    return trials.part(untrained[trials.asked])


def _most_common(styles: Sequence[str]) -> str:
    return max(sorted(set(styles)), key=styles.count)


def _quality(trials: likelihood.Trials) -> dict[str, Any]:
    if not trials.artists:
        return {"artists": 0, "trials": len(trials)}
    weight = likelihood.weights(trials)
    log_ratio = likelihood.crossed(trials)
    cost = likelihood.cllr(log_ratio, trials.same, weight)
    least = likelihood.cllr_min(trials.score, trials.same, weight)
    return {
        "artists": trials.artists,
        "trials": len(trials),
        "cllr": round(cost, 4),
        "cllr_min": round(least, 4),
        "calibration_loss": round(cost - least, 4),
        "reliability": likelihood.reliability(log_ratio, trials.same, weight),
    }


def _sets(scored: Scored, *, by_artist: bool) -> dict[int, tuple[Floats, Ints]]:
    found = {}
    for size in sets.SIZES:
        if by_artist:
            statistics, unit = sets.drawn_by_artist(scored.background, scored.unit, size)
        else:
            statistics = sets.drawn_of_images(scored.background, size)
            unit = np.arange(len(statistics))
        if len(statistics):
            found[size] = (statistics, unit)
    return found


def _set_figures(
    size: int, of_sets: dict[int, tuple[Floats, Ints]], scored: Scored, own: Ints, by_artist: bool
) -> dict[str, Any]:
    statistics, unit = of_sets[size]
    found: dict[str, Any] = {}
    for alpha in ALPHAS:
        threshold = _threshold(statistics, unit, alpha, by_artist=by_artist)
        found[_key(alpha)] = {**threshold.facts(), "power": 0.0}
        if threshold.value is not None and len(shares := sets.told(scored.known, own, size, threshold.value)):
            found[_key(alpha)]["power"] = round(float(shares.mean()), 4)
    return found


def _quantiles(statistics: Floats, unit: Ints) -> dict[str, float]:
    """Quantiles of the background's largest scores, units weighing the same."""
    order = np.argsort(statistics)
    _units, place, counts = np.unique(unit, return_inverse=True, return_counts=True)
    share = np.cumsum((1 / counts[place])[order]) / len(counts)
    at = np.minimum(np.searchsorted(share, [0.5, 0.95, 0.99]), len(order) - 1)
    return dict(zip(("median", "q95", "q99"), np.round(statistics[order][at], 4).tolist(), strict=True))


def _watched(scored: Scored, *, by_artist: bool) -> Floats:
    """Independent units for e-values: every picture of a generator, or one work of each artist."""
    if not by_artist:
        return scored.background
    rng = np.random.default_rng(len(scored.unit))
    one = [int(rng.choice(np.flatnonzero(scored.unit == unit))) for unit in np.unique(scored.unit)]
    found = scored.background[one]
    # A work was not compared with its own artist; there it counts as if it were as high as anything.
    return np.where(np.isinf(found), np.inf, found)
