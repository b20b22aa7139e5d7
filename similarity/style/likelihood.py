"""Likelihood ratios from scores, and how good they are: Cllr, its least value, reliability.

A *trial* is a work and an artist: *same* when the work is theirs (left out), else by another hand: whose works
those are, and whether of the same style, is the caller's choice. Artists weigh the same whatever the number of their
trials, and so do the two kinds; natural logarithms inside, base 10 where people read.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Bools = NDArray[np.bool_]

BINS = 512
ROUNDS = 200
FOLDS = 5
_RIDGE = 1e-6
_SEED = 20261128


@dataclass(frozen=True)
class Trials:
    """T trials: normalised score, whether the same hand, the artist asked about and the work's own (columns)."""

    score: Floats
    same: Bools
    asked: Ints
    made_by: Ints

    def __len__(self) -> int:
        return len(self.score)

    def part(self, chosen: Bools) -> "Trials":
        return Trials(self.score[chosen], self.same[chosen], self.asked[chosen], self.made_by[chosen])

    @property
    def artists(self) -> int:
        """How many artists have trials of both kinds."""
        return len(np.intersect1d(self.asked[self.same], self.asked[~self.same]))


@dataclass(frozen=True)
class RatioModel:
    """log LR = ``fits[0, 0] + fits[0, 1] · score``; further rows: bootstrapped artists. ``cap``: base 10."""

    fits: Floats
    cap: float

    def log10(self, score: float) -> tuple[float, float, float]:
        """The base-10 logarithm at *score* with its 95 % interval over artists, all within ± ``cap``."""
        each = np.clip((self.fits[:, 0] + self.fits[:, 1] * score) / math.log(10), -self.cap, self.cap)
        others = each[1:] if len(each) > 1 else each
        low, high = np.quantile(others, [0.025, 0.975])
        return float(each[0]), float(min(low, each[0])), float(max(high, each[0]))


def weights(trials: Trials) -> Floats:
    """(T,): each kind sums to one half, shared equally among its artists, and theirs among their trials."""
    out = np.zeros(len(trials))
    for kind in (trials.same, ~trials.same):
        _artists, unit = np.unique(trials.asked[kind], return_inverse=True)
        counts = np.bincount(unit)
        out[kind] = 0.5 / (len(counts) * counts[unit]) if len(counts) else 0.0
    return out


def fit(trials: Trials, *, rounds: int = ROUNDS) -> RatioModel:
    """Logistic calibration at even priors (Brümmer and du Preez 2006), with bootstrap over artists.

    The slope is never negative: a score that tells nothing gives a ratio of one. No calibration supports
    a ratio beyond the number of its artists (compare the ELUB of Vergeer et al. 2016): that is the cap.
    """
    if not trials.artists:
        return RatioModel(np.zeros((1, 2)), 0.0)
    artists = np.unique(trials.asked)
    grid, same, other = _binned(trials, artists)
    rng = np.random.default_rng(_SEED)
    fits = [_logistic(grid, same.mean(axis=0), other.mean(axis=0))]
    for _ in range(rounds):
        drawn = rng.integers(0, len(artists), len(artists))
        fits.append(_logistic(grid, same[drawn].mean(axis=0), other[drawn].mean(axis=0)))
    return RatioModel(np.array(fits), math.log10(max(trials.artists, 1)))


def crossed(trials: Trials) -> Floats:
    """(T,): each trial's log ratio by a fit to trials in which its artist is neither asked about nor the maker."""
    out = np.zeros(len(trials))
    fold_of = np.random.default_rng(_SEED).permutation(int(max(trials.asked.max(), trials.made_by.max())) + 1) % FOLDS
    asked, made_by = fold_of[trials.asked], fold_of[trials.made_by]
    for fold in range(FOLDS):
        held = asked == fold
        model = fit(trials.part(~held & (made_by != fold)), rounds=0)
        out[held] = np.clip(
            model.fits[0, 0] + model.fits[0, 1] * trials.score[held],
            -model.cap * math.log(10),
            model.cap * math.log(10),
        )
    return out


def cllr(log_ratio: Floats, same: Bools, weight: Floats) -> float:
    """Cost of log likelihood ratios, in bits (Brümmer and du Preez 2006): 0 is perfect, 1 tells nothing."""
    costs = np.logaddexp(0.0, np.where(same, -log_ratio, log_ratio)) / math.log(2)
    return float(sum(0.5 * (costs[k] * weight[k]).sum() / weight[k].sum() for k in (same, ~same)))


def pav(values: Floats, weight: Floats) -> Floats:
    """The non-decreasing sequence nearest to *values* in weighted squares: pool adjacent violators."""
    level: list[float] = []
    mass: list[float] = []
    count: list[int] = []
    for value, w in zip(values.tolist(), weight.tolist(), strict=True):
        level.append(value)
        mass.append(w)
        count.append(1)
        while len(level) > 1 and level[-2] >= level[-1]:
            last, w_last, n_last = level.pop(), mass.pop(), count.pop()
            total = mass[-1] + w_last
            level[-1] = (level[-1] * mass[-1] + last * w_last) / total if total else level[-1]
            mass[-1] = total
            count[-1] += n_last
    return np.repeat(level, count)


def cllr_min(score: Floats, same: Bools, weight: Floats) -> float:
    """Cllr of the best monotone calibration there could be: what is lost by discrimination alone."""
    found, place = np.unique(score, return_inverse=True)
    of_same = np.bincount(place, weight * same, minlength=len(found)) / weight[same].sum()
    of_other = np.bincount(place, weight * ~same, minlength=len(found)) / weight[~same].sum()
    total = of_same + of_other
    posterior = pav(of_same / total, total)
    with np.errstate(divide="ignore"):
        log_ratio = np.log(posterior) - np.log1p(-posterior)
        cost_same = np.logaddexp(0.0, -log_ratio)[of_same > 0] @ of_same[of_same > 0]
        cost_other = np.logaddexp(0.0, log_ratio)[of_other > 0] @ of_other[of_other > 0]
    return float(0.5 * (cost_same + cost_other) / math.log(2))


def reliability(log_ratio: Floats, same: Bools, weight: Floats, *, bins: int = 10) -> list[dict[str, Any]]:
    """Predicted chance of the same hand at even priors against how often it was, in *bins* of equal width."""
    predicted = 1 / (1 + np.exp(-log_ratio))
    place = np.minimum((predicted * bins).astype(int), bins - 1)
    out = []
    for b in range(bins):
        here = place == b
        total = weight[here].sum()
        if total > 0:
            out.append(
                {
                    "from": b / bins,
                    "to": (b + 1) / bins,
                    "predicted": round(float((predicted[here] * weight[here]).sum() / total), 4),
                    "observed": round(float(weight[here & same].sum() / total), 4),
                    "trials": int(here.sum()),
                }
            )
    return out


def _binned(trials: Trials, artists: Ints) -> tuple[Floats, Floats, Floats]:
    """A grid of scores, and each artist's share of trials on it, of either kind: artists × bins."""
    low, high = float(trials.score.min()), float(trials.score.max())
    step = (high - low) / (BINS - 1) or 1.0
    place = np.rint((trials.score - low) / step).astype(int)
    who = np.searchsorted(artists, trials.asked)
    tables = []
    for kind in (trials.same, ~trials.same):
        table = np.bincount(who[kind] * BINS + place[kind], minlength=len(artists) * BINS).reshape(-1, BINS)
        tables.append(table / np.maximum(table.sum(axis=1, keepdims=True), 1))
    return low + step * np.arange(BINS), tables[0], tables[1]


def _logistic(grid: Floats, same: Floats, other: Floats) -> tuple[float, float]:
    """Offset and slope of the log ratio on *grid*, by Newton's method; kinds weigh the same."""
    same, other = same / max(same.sum(), 1e-12), other / max(other.sum(), 1e-12)
    total = same + other
    centre = float((grid * total).sum() / max(total.sum(), 1e-12))
    spread = math.sqrt(float(((grid - centre) ** 2 * total).sum() / max(total.sum(), 1e-12))) or 1.0
    x = np.stack([np.ones_like(grid), (grid - centre) / spread])
    beta = np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(beta @ x, -60, 60)))
        slope = x @ (total * p - same) + _RIDGE * beta
        curve = (x * (total * p * (1 - p))) @ x.T + _RIDGE * np.eye(2)
        step = np.linalg.solve(curve, slope)
        # Damped: nearly separable scores make Newton's step overshoot.
        beta = beta - step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    if beta[1] <= 0:
        return 0.0, 0.0
    return float(beta[0] - beta[1] * centre / spread), float(beta[1] / spread)
