"""Thresholds that bound the chance of a false flag, and p-values. Distribution-free, for finite samples.

Two kinds of unit. Images of one generator from independent prompts are independent one by one; of real
works the *artist* is the unit, because works of one hand are alike.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

CONFIDENCE, MOST_CONFIDENCE = 0.95, 0.99999
CONFIDENT, AVERAGE, NONE = "confident", "average", "none"
_ORDER = 20261128


@dataclass(frozen=True)
class Threshold:
    """Flag when the statistic is above ``value``; None where the level cannot be attained.

    ``guarantee``: *confident* — with ``confidence`` over the calibration's units the rate of false flags is at
    most ``alpha``; *average* — it is on average over calibrations; *none*. ``rank`` is the r of the rank rule
    (images as units). ``realised`` is the rate among the calibration's own units, ``units`` how many they are.
    """

    alpha: float
    value: float | None
    guarantee: str
    units: int
    rank: int | None = None
    realised: float | None = None
    confidence: float | None = None

    def facts(self) -> dict[str, float | int | str | None]:
        return {**self.__dict__}


def largest_rank(n: int, alpha: float, confidence: float = CONFIDENCE) -> int:
    """The largest r with P(Bin(n, alpha) < r) <= 1 - confidence; 0 when there is none above.

    With n independent units, the share beyond their r-th largest is Beta(r, n + 1 - r), which exceeds alpha
    with just that probability (Bates, Candès, Lei, Romano, Sesia 2023, arXiv 2104.08279, section 3).
    """
    below, rank = 0.0, 0
    for k in range(n + 1):
        below += math.exp(_log_choose(n, k) + k * math.log(alpha) + (n - k) * math.log1p(-alpha))
        if below > 1 - confidence:
            break
        rank = k + 1
    return rank


def threshold_of_images(statistics: Floats, alpha: float, confidence: float = CONFIDENCE) -> Threshold:
    """By the rank rule, with *confidence*, or with ``CONFIDENCE`` where n is too small for that.

    Where it gives no rank at all, on average: the floor(alpha (n + 1))-th largest.
    """
    n = len(statistics)
    held: float | None
    for held in (confidence, CONFIDENCE):
        if rank := largest_rank(n, alpha, held):
            break
    else:
        rank, held = math.floor(alpha * (n + 1) + 1e-9), None
    if rank == 0:
        return Threshold(alpha, None, NONE, n)
    value = float(-np.sort(-statistics)[rank - 1])
    realised = float((statistics > value).mean())
    guarantee = CONFIDENT if held else AVERAGE
    return Threshold(alpha, value, guarantee, n, rank=rank, realised=realised, confidence=held)


def threshold_of_artists(statistics: Floats, artist: Ints, alpha: float, confidence: float = CONFIDENCE) -> Threshold:
    """The least threshold whose rate of false flags, artists weighing the same, is bounded by *alpha*.

    ``artist[i]`` is the unit of ``statistics[i]``. The rate is monotone in the threshold, so that a bound
    valid at each threshold is valid at the least one above which all meet it (Bates, Angelopoulos, Lei, Malik,
    Jordan 2021, arXiv 2101.02703, theorem 1). A left-out artist was compared with one artist fewer than an
    unknown one will be; among exchangeable artists that lowers the rate by the factor (A - 1) / A at most, and
    is allowed for. Without enough artists for *confidence*: with ``CONFIDENCE``; for that neither: hierarchical
    conformal prediction (Lee, Barber, Willett 2023, arXiv 2306.06342), whose bound is on average.
    """
    names, unit = np.unique(artist, return_inverse=True)
    units = len(names)
    if units < 2:
        return Threshold(alpha, None, NONE, units)
    allowed = alpha * (units - 1) / units
    counts = np.bincount(unit)
    candidates = np.unique(statistics)

    def shares(value: float) -> Floats:
        return np.bincount(unit, statistics > value, minlength=units) / counts

    for held in (confidence, CONFIDENCE, None):
        bound = partial(mean_upper_bound, confidence=held) if held else _mean_on_average
        if bound(np.zeros(units)) > allowed:
            continue
        # By halves, as if the bound fell with each step up. Its bets do not quite promise that; trying every
        # value gave the same threshold in all of 150 simulated collections.
        low, high = 0, len(candidates) - 1
        while low < high:
            middle = (low + high) // 2
            if bound(shares(float(candidates[middle]))) <= allowed:
                high = middle
            else:
                low = middle + 1
        value = float(candidates[low])
        realised = float(shares(value).mean())
        guarantee = CONFIDENT if held else AVERAGE
        return Threshold(alpha, value, guarantee, units, realised=realised, confidence=held)
    return Threshold(alpha, None, NONE, units)


def mean_upper_bound(values: Floats, confidence: float = CONFIDENCE) -> float:
    """An upper bound on the mean of independent values in [0, 1], right with *confidence* for every n.

    The betting bound of Waudby-Smith and Ramdas (2024, arXiv 2010.09686), one-sided with the bets of Bates
    et al. (2021, proposition 5): whoever bets against a mean of R with these bets is rich with probability
    1 - confidence at most. The order of the bets must not depend on the values; it is drawn once and for all.
    """
    x = np.random.default_rng(_ORDER).permutation(np.asarray(values, np.float64))
    rich = -math.log(1 - confidence)
    i = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (1 + i)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (1 + i)
    before = np.concatenate([[0.25], variance[:-1]])
    bets = np.minimum(1.0, np.sqrt(2 * rich / (len(x) * before)))
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        # A bet of 1 against a mean of 0 loses everything at x = 1.
        with np.errstate(divide="ignore"):
            wealth = np.cumsum(np.log1p(-bets * (x - middle))).max()
        low, high = (middle, high) if wealth < rich else (low, middle)
    return high


def _mean_on_average(values: Floats) -> float:
    return float((values.sum() + 1) / (len(values) + 1))


def p_value(statistic: float, statistics: Floats, units: Ints) -> float:
    """(1 + how many of n units reach it) / (n + 1): at most u with probability u at most, for every u.

    ``units[i]`` is the unit of ``statistics[i]``; an artist who is one counts with the share of their works.
    """
    _names, unit = np.unique(units, return_inverse=True)
    shares = np.bincount(unit, statistics >= statistic) / np.bincount(unit)
    return float((1 + shares.sum()) / (len(shares) + 1))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
