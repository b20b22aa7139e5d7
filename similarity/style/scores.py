"""Scores of images against artists, made comparable between artists.

*Raw* is the mean of the best cosines with an artist's works (``similarity/artist_scores.py``). Raw scores
of different artists do not mean the same, nor do those of different images, so that four *strategies* turn
them into *normalised* ones:

``raw``
    as they are;
``query``
    less the mean of the image's next ``NEXT`` artist scores (as CSLS and T-norm do, on the image's side);
``artist``
    less the mean of the upper tenth of what others' works score against that artist, in units of its
    spread (the Z-norm of speaker verification, with the top scores only, as in adaptive AS-norm:
    Matejka et al., Interspeech 2017);
``both``
    ``artist``, less half the mean of the image's next ``NEXT`` such scores.

m images, A artists, N works of the cohort. What an image is not compared with has the score -inf.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

STRATEGIES = ("raw", "query", "artist", "both")
NEXT = 5
UPPER = 0.1
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class Scale:
    """What works of others score against each artist: mean and standard deviation of the upper tenth, (A,) each."""

    mean: Floats
    spread: Floats


@dataclass(frozen=True)
class ImageScores:
    """One image against the A artists of a cohort; arrays are (A,) in the order of ``slugs``."""

    slugs: tuple[str, ...]
    raw: Floats
    normalised: Floats
    references: Ints

    @property
    def statistic(self) -> float:
        """The largest normalised score."""
        return float(self.normalised.max())

    def order(self) -> Ints:
        """Artists by normalised score, best first; equal ones in the order of their slugs."""
        return np.lexsort((np.array(self.slugs), -self.normalised))


def next_mean(scores: Floats) -> Floats:
    """Mean of the ``NEXT`` scores after each row's largest (of fewer where there are fewer, else 0): m × 1."""
    m, artists = scores.shape
    if not artists:
        return np.zeros((m, 1))
    kept = min(NEXT + 1, artists)
    best = -np.sort(-np.partition(scores, artists - kept, axis=1)[:, artists - kept :], axis=1)[:, 1:]
    there = np.isfinite(best)
    total = np.where(there, best, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(there.sum(axis=1), 1)).reshape(m, 1)


def normalise(raw: Floats, strategy: str, scale: Scale) -> Floats:
    """m × A raw scores to normalised ones. *scale* may be (A,) or, one row an image, (m, A)."""
    raw = raw.astype(np.float64)
    if strategy == "raw":
        return raw
    if strategy == "query":
        return np.asarray(raw - next_mean(raw))
    if strategy not in STRATEGIES:
        raise ValueError(f"no such strategy: {strategy}")
    scaled = np.asarray((raw - scale.mean) / scale.spread)
    return scaled if strategy == "artist" else np.asarray(scaled - 0.5 * next_mean(scaled))


def without_own(raw: Floats, own: Ints) -> Floats:
    """N × A scores as if each work's own artist (``own[i]``, a column) were not known."""
    masked = raw.astype(np.float64)
    masked[np.arange(len(own)), own] = -np.inf
    return masked


def scales(raw: Floats, own: Ints) -> tuple[Scale, Scale]:
    """The scale of every artist, (A,), and the same as if artist i were not known, (A, A): row i.

    ``raw`` is N × A: the cohort's works against its artists, none compared with itself. The second is
    what a left-out artist's works are measured by: their own scores must not be in it.
    """
    artists = raw.shape[1]
    mean, spread = np.empty(artists), np.empty(artists)
    mean_without, spread_without = np.empty((artists, artists)), np.empty((artists, artists))
    most = int(np.bincount(own, minlength=artists).max()) if len(own) else 0
    for column in range(artists):
        others = np.flatnonzero(own != column)
        scores = raw[others, column].astype(np.float64)
        kept = max(1, round(UPPER * len(others)))
        top = np.argsort(-scores, kind="stable")[: kept + most]
        best, owner = scores[top], own[others[top]]
        mean[column], spread[column] = _of(best[:kept])
        mean_without[:, column], spread_without[:, column] = mean[column], spread[column]
        for other in np.unique(owner[:kept]):
            mean_without[other, column], spread_without[other, column] = _of(best[owner != other][:kept])
    return Scale(mean, spread), Scale(mean_without, spread_without)


def as_unknown(raw: Floats, own: Ints, strategy: str, without: Scale) -> Floats:
    """N × A normalised scores of works as if their own artist were in no collection: -inf in that column."""
    scale = Scale(without.mean[own], without.spread[own])
    return normalise(without_own(raw, own), strategy, scale)


def resampled(similarities: Floats, *, best: int, rounds: int = 200) -> Floats:
    """(rounds,): the mean of the *best* largest of *similarities* (n,), of works drawn with replacement.

    What an artist's score might have been with other works of theirs. The same input gives the same output.
    """
    rng = np.random.default_rng(len(similarities))
    drawn = similarities[rng.integers(0, len(similarities), (rounds, len(similarities)))]
    kept = min(best, drawn.shape[1])
    return np.asarray(np.partition(drawn, drawn.shape[1] - kept, axis=1)[:, -kept:].mean(axis=1))


def _of(best: Floats) -> tuple[float, float]:
    if not len(best):
        return 0.0, 1.0
    return float(best.mean()), max(float(best.std()), _LEAST_SPREAD)
