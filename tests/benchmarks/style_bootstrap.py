"""95 % intervals by drawing groups (artists, blocks) with replacement: works of one hand are not independent."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROUNDS = 2000


def share(values: NDArray[Any], group: NDArray[np.integer], *, seed: int = 0) -> list[float]:
    """Mean of *values* and its interval, groups drawn with replacement: [mean, low, high]."""
    _, group = np.unique(group, return_inverse=True)
    sums, counts = np.bincount(group, values), np.bincount(group)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (ROUNDS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return [float(np.mean(values)), float(low), float(high)]


def by_group(values: NDArray[Any], group: NDArray[np.integer]) -> NDArray[np.float64]:
    """Mean of *values* in each group."""
    _, group = np.unique(group, return_inverse=True)
    return np.asarray(np.bincount(group, values) / np.bincount(group), np.float64)


def exact(hits: int, trials: int) -> list[float]:
    """Rate with its 95 % interval by Clopper and Pearson (1934), for independent trials: [rate, low, high]."""
    low = 0.0 if hits == 0 else _rate_where(hits - 1, trials, 0.975)
    return [hits / trials, low, 1.0 if hits == trials else _rate_where(hits, trials, 0.025)]


def exact_bound(hits: int, trials: int) -> float:
    """What the rate is at most, with 95 % confidence: the one-sided bound of Clopper and Pearson."""
    return 1.0 if hits == trials else _rate_where(hits, trials, 0.05)


def _rate_where(k: int, trials: int, chance: float) -> float:
    """The rate at which *k* hits or fewer have this chance."""
    i = np.arange(k + 1)
    choose = np.array([math.lgamma(trials + 1) - math.lgamma(j + 1) - math.lgamma(trials - j + 1) for j in i])
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        at_most = np.exp(choose + i * math.log(rate) + (trials - i) * math.log1p(-rate)).sum()
        low, high = (rate, high) if at_most > chance else (low, rate)
    return low
