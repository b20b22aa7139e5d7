"""The chance of a false flag, family-wise, and the chance of a true one; by the service's own mathematics.

Vectors are the bundled catalogue's: what the service holds of all 10,171 works. A work is *flagged* when its largest
normalised score over all artists is above the threshold, whoever that is: with 136 artists to be taken for, that
is the chance that matters to whoever uploads. The content check, which only takes flags away, is not asked here.

False flags, uploads: calibrated and indexed without the 30 unseen artists, then all their works are asked about. The
unit is the artist: the rate is the mean of the artists' rates, its interval draws artists; the rate of images has
an exact interval as if they were independent, which they are not. *Crossed* does the same five times with a fifth of
all 136 artists left out, most of whom the encoder was trained on.

Power: all 136 indexed and calibrated, every work asked about without itself.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity.artist_scores import best_means
from similarity.style import conformal, scores, sets
from similarity.training.data import read_split
from tests.benchmarks.style_bootstrap import by_group, exact, share

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
ALPHAS = (0.01, 0.05)
SET_SIZE = 10
FOLDS = 5


@dataclass(frozen=True)
class Scored:
    """N works of the catalogue against its A artists, none compared with itself: ``raw`` N × A, ``own`` N columns."""

    raw: Floats
    own: Ints
    slugs: tuple[str, ...]
    style: NDArray[np.str_]
    vectors: NDArray[np.float16]
    slices: list[tuple[UUID, int, int]]
    unseen: NDArray[np.bool_]
    trained: NDArray[np.bool_]

    def of(self, vectors: Floats) -> Floats:
        """Raw scores of other pictures, m × A."""
        return best_means(np.asarray(vectors, np.float32), self.vectors, self.slices)

    def part(self, artists: NDArray[np.bool_]) -> tuple[Floats, Ints]:
        """Raw scores and own columns as if only these artists were in the collection."""
        columns = np.flatnonzero(artists)
        rows = np.flatnonzero(artists[self.own])
        return self.raw[np.ix_(rows, columns)], np.searchsorted(columns, self.own[rows])


def score_catalogue(path: Path, encoder: str) -> Scored:
    """Every work of the catalogue with every artist. Raises ``ValueError`` for another encoder's catalogue."""
    from similarity.catalogue import read_catalogue

    catalogue = read_catalogue(path)
    if catalogue.encoder != encoder:
        raise ValueError("the bundled catalogue was made with another encoder: run manage.py build_catalogue")
    slug, vectors = catalogue.columns["slug"], catalogue.columns["vector"]
    slugs, own = np.unique(slug, return_inverse=True)
    ends = np.searchsorted(own, np.arange(len(slugs) + 1))
    assert (np.diff(own) >= 0).all(), "a catalogue is in the order of its slugs"
    slices = [(UUID(int=a), int(ends[a]), int(ends[a + 1])) for a in range(len(slugs))]
    raw = best_means(vectors.astype(np.float32), vectors, slices, skipped=np.arange(len(own)))
    split = read_split()
    return Scored(
        raw=raw,
        own=own,
        slugs=tuple(map(str, slugs)),
        style=catalogue.columns["style"],
        vectors=vectors,
        slices=slices,
        unseen=np.isin(slugs, split.test),
        trained=np.isin(slugs, split.train),
    )


@dataclass(frozen=True)
class Calibrated:
    """One strategy's scale and thresholds over a cohort, single images and sets of ``SET_SIZE``."""

    strategy: str
    scale: scores.Scale
    single: dict[float, conformal.Threshold]
    sets: dict[float, conformal.Threshold]

    def normalised(self, raw: Floats) -> Floats:
        return scores.normalise(raw, self.strategy, self.scale)


def calibrate(raw: Floats, own: Ints, strategy: str) -> Calibrated:
    """Uploads: every cohort artist in turn as if unknown."""
    scale, without = scores.scales(raw, own)
    unknown = scores.as_unknown(raw, own, strategy, without)
    largest = unknown.max(axis=1)
    drawn, unit = sets.drawn_by_artist(unknown, own, SET_SIZE)
    return Calibrated(
        strategy,
        scale,
        {alpha: conformal.threshold_of_artists(largest, own, alpha) for alpha in ALPHAS},
        {alpha: conformal.threshold_of_artists(drawn, unit, alpha) for alpha in ALPHAS},
    )


def uploads(scored: Scored) -> dict[str, Any]:
    """Realised rates of false flags and power, per strategy and level."""
    return {
        strategy: {
            "unseen artists": false_flags(scored, scored.unseen, strategy),
            "crossed, all artists": crossed(scored, strategy),
            "power": power(scored, calibrate(scored.raw, scored.own, strategy)),
        }
        for strategy in scores.STRATEGIES
    }


def false_flags(scored: Scored, left_out: NDArray[np.bool_], strategy: str) -> dict[str, Any]:
    """Rates among the works of the artists *left_out* of the cohort and of the calibration."""
    calibrated, normalised, artist = _left_out(scored, left_out, strategy)
    largest = normalised.max(axis=1)
    drawn, unit = sets.drawn_by_artist(normalised, artist, SET_SIZE)
    return {
        f"{alpha:.0%}": {
            "single": rates(largest, artist, calibrated.single[alpha]),
            f"sets of {SET_SIZE}": rates(drawn, unit, calibrated.sets[alpha]),
        }
        for alpha in ALPHAS
    }


def _left_out(scored: Scored, left_out: NDArray[np.bool_], strategy: str) -> tuple[Calibrated, Floats, Ints]:
    calibrated = calibrate(*scored.part(~left_out), strategy)
    rows = np.flatnonzero(left_out[scored.own])
    return calibrated, calibrated.normalised(scored.raw[np.ix_(rows, np.flatnonzero(~left_out))]), scored.own[rows]


def rates(statistics: Floats, artist: Ints, threshold: conformal.Threshold) -> dict[str, Any]:
    """Rates of statistics above the *threshold*, by artist and by image, where nobody ought to be above it."""
    if threshold.value is None:
        return {"guarantee": threshold.guarantee, "calibrated on": threshold.units}
    flagged = statistics > threshold.value
    each = by_group(flagged, np.asarray(artist, np.int64))
    return {
        "guarantee": threshold.guarantee,
        "calibrated on": threshold.units,
        "artists": share(each, np.arange(len(each))),
        "bound": conformal.mean_upper_bound(each),
        "images": exact(int(flagged.sum()), len(flagged)),
        "n artists": len(each),
        "n": len(flagged),
        "worst artist": float(each.max()),
    }


def crossed(scored: Scored, strategy: str) -> dict[str, Any]:
    """Every artist left out once, a fifth of them at a time: rates over all artists and over those never trained on."""
    fold = np.random.default_rng(0).permutation(len(scored.slugs)) % FOLDS
    found: dict[float, list[Floats]] = {alpha: [] for alpha in ALPHAS}
    artists = []
    for k in range(FOLDS):
        calibrated, normalised, artist = _left_out(scored, fold == k, strategy)
        artists.append(np.unique(artist))
        for alpha in ALPHAS:
            limit = calibrated.single[alpha].value
            found[alpha].append(by_group(normalised.max(axis=1) > (np.inf if limit is None else limit), artist))
    who = np.concatenate(artists)
    told = {}
    for alpha in ALPHAS:
        each = np.concatenate(found[alpha])
        told[f"{alpha:.0%}"] = {
            name: {
                "artists": share(each[chosen], np.arange(int(chosen.sum()))),
                "bound": conformal.mean_upper_bound(each[chosen]),
                "n artists": int(chosen.sum()),
            }
            for name, chosen in (
                ("all", who >= 0),
                ("trained on", scored.trained[who]),
                ("never trained on", ~scored.trained[who]),
            )
        }
    return told


def power(scored: Scored, calibrated: Calibrated) -> dict[str, Any]:
    """True flags among works of indexed artists, each asked about without itself; artists weigh the same."""
    normalised = calibrated.normalised(scored.raw)
    own_sets = [
        (normalised[chosen].mean(axis=0), a) for a in range(len(scored.slugs)) for chosen in _draws(scored.own, a)
    ]
    rows, artist = np.stack([row for row, _ in own_sets]), np.array([a for _, a in own_sets])
    told: dict[str, Any] = {}
    for alpha in ALPHAS:
        single = outcomes(normalised, scored.own, calibrated.single[alpha].value)
        many = outcomes(rows, artist, calibrated.sets[alpha].value)
        told[f"{alpha:.0%}"] = {
            name: {
                "single": {
                    key: share(v[chosen[scored.own]], scored.own[chosen[scored.own]]) for key, v in single.items()
                },
                f"sets of {SET_SIZE}": {
                    key: share(v[chosen[artist]], artist[chosen[artist]]) for key, v in many.items()
                },
            }
            for name, chosen in (("trained on", scored.trained), ("unseen", scored.unseen))
        }
    return told


def outcomes(normalised: Floats, own: Ints, limit: float | None) -> dict[str, NDArray[np.float64]]:
    """Per image: the right artist alone, the right one among several, or only others above the threshold."""
    above = normalised > (np.inf if limit is None else limit)
    rows = np.arange(len(own))
    right, count = above[rows, own], above.sum(axis=1)
    found = {
        "right alone": right & (count == 1),
        "right among several": right & (count > 1),
        "only others": ~right & (count > 0),
        "right and nearest": right & (normalised.argmax(axis=1) == own),
    }
    return {key: value.astype(np.float64) for key, value in found.items()}


def _draws(own: Ints, artist: int) -> list[Ints]:
    """Sets of ``SET_SIZE`` works of one artist, as many as the calibration draws."""
    rng = np.random.default_rng([artist, SET_SIZE])
    rows = np.flatnonzero(own == artist)
    return [rng.choice(rows, SET_SIZE, replace=False) for _ in range(sets.DRAWS)]
