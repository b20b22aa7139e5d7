"""Many images at once, and watching over time.

A *set* is judged by its mean: the largest, over artists, of the mean normalised score of its images. Images of one
prompt are one image. Over time, evidence is kept as an e-process for each artist: a fortune that starts at one with the
first image of a series. With the confidence of its p-values, a series whose groups are independent of each other and
drawn as the calibration's units were takes any of A artists past ``A / alpha``, anywhere along it, with probability
alpha at most. Works of one hand are not independent, so that nothing is promised of them.
"""

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from similarity.style.conformal import CONFIDENCE

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

SIZES = (2, 5, 10, 20, 50)
DRAWS = 20
KAPPA = 0.5
_SEED = 20261128


def grouped(normalised: Floats, groups: Sequence[Hashable]) -> Floats:
    """m × A scores to one row a group, their mean, in the order groups first appear: images of one prompt are one."""
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    place = np.array([places[group] for group in groups])
    sums = np.zeros((len(places), normalised.shape[1]))
    np.add.at(sums, place, normalised)
    return np.asarray(sums / np.bincount(place)[:, None])


def statistic_of(normalised: Floats) -> float:
    """The largest mean score of m rows."""
    return float(normalised.mean(axis=0).max())


def drawn_by_artist(normalised: Floats, artist: Ints, size: int) -> tuple[Floats, Ints]:
    """Statistics of ``DRAWS`` sets of *size* works of each artist who has as many, and whose each is.

    The works are scored as those of somebody unknown (``scores.as_unknown``).
    """
    rng = np.random.default_rng([_SEED, size])
    found, units = [], []
    for unit in np.unique(artist):
        rows = np.flatnonzero(artist == unit)
        if len(rows) >= size:
            found += [statistic_of(normalised[rng.choice(rows, size, replace=False)]) for _ in range(DRAWS)]
            units += [int(unit)] * DRAWS
    return np.array(found), np.array(units, np.int64)


def drawn_of_images(normalised: Floats, size: int) -> Floats:
    """Statistics of sets of *size* images, no image in two of them, so that sets are independent."""
    order = np.random.default_rng([_SEED, size]).permutation(len(normalised))
    whole = len(order) // size * size
    return np.array([statistic_of(normalised[chosen]) for chosen in order[:whole].reshape(-1, size)])


def conditional_levels(n: int, confidence: float = CONFIDENCE) -> Floats:
    """(n + 1,): what the conformal p-values (1 … n + 1) / (n + 1) become so as to hold for *this* calibration.

    With *confidence* over the n calibration units, P(p <= u) <= u for all u at once and every later image: the
    Simes adjustment with k = n / 2 of Bates, Candès, Lei, Romano, Sesia (2023, arXiv 2104.08279, section 3.2).
    """
    k = max(n // 2, 1)
    i = np.arange(1, n + 1)  # the i-th smallest p-value is b_i = 1 - delta^(1/k) (product of j / its largest)^(1/k)
    j = n + 1 - i
    logs = np.array([math.lgamma(v) for v in range(1, n + 2)])
    log_product = np.where(j >= k, logs[j] - logs[np.maximum(j - k, 0)] - (logs[n] - logs[n - k]), -np.inf)
    bounds = 1 - np.exp((math.log(1 - confidence) + log_product) / k)
    return np.append(bounds, 1.0)


def conditional_p(normalised: Floats, units: Floats, *, choices: int = 1, confidence: float = CONFIDENCE) -> Floats:
    """m × A calibration-conditional p-values of m × A scores against n independent units' (n × A).

    With *confidence* over the units they hold for all A artists at once, and for whichever of *choices* ways to score
    was kept after the units were seen: each artist and way is given an equal part of what may fail (a union bound).
    """
    levels = conditional_levels(len(units), 1 - (1 - confidence) / (units.shape[1] * choices))
    ordered = np.sort(units, axis=0)
    as_high = np.stack(
        [len(units) - np.searchsorted(ordered[:, a], normalised[:, a], side="left") for a in range(units.shape[1])],
        axis=1,
    )
    return np.asarray(levels[as_high])


def e_values(p: Floats, kappa: float = KAPPA) -> Floats:
    """p-values to e-values, kappa p^(kappa - 1): of mean at most one under the null (Vovk and Wang 2021)."""
    return np.asarray(kappa * p ** (kappa - 1))


def over_time(p: Floats, groups: Sequence[Hashable]) -> Floats:
    """Largest log fortune each artist's process had after any group, from one before the first: (A,).

    Groups multiply, in the order in which they first appear; images of one group, being dependent, are averaged.
    """
    steps = np.cumsum(np.log(grouped(e_values(p), groups)), axis=0)
    return np.maximum(steps.max(axis=0), 0.0) if len(steps) else np.zeros(p.shape[1])


def alarm_bound(artists: int, alpha: float) -> float:
    """The log fortune from which on an artist is noticed. By Ville's inequality one artist's process gets there with
    probability alpha / A at most, and so any of A artists' with alpha, however much they depend on each other."""
    return math.log(artists / alpha)


def alarms(log_fortune: Floats, alpha: float) -> Iterable[int]:
    """Columns of artists whose fortune reached the bound."""
    return [int(a) for a in np.flatnonzero(log_fortune >= alarm_bound(len(log_fortune), alpha))]


def told(known: Floats, own: Ints, size: int, value: float) -> Floats:
    """For each artist with as many works: the share of ``DRAWS`` sets of them that are told to be theirs."""
    rng = np.random.default_rng([_SEED, size, 1])
    shares = []
    for artist in np.unique(own):
        rows = np.flatnonzero(own == artist)
        if len(rows) < size:
            continue
        means = np.stack([known[rng.choice(rows, size, replace=False)].mean(axis=0) for _ in range(DRAWS)])
        shares.append(((means.argmax(axis=1) == artist) & (means.max(axis=1) > value)).mean())
    return np.array(shares)
