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

    def at_most(k: int, p: float) -> float:
        """P(Bin(trials, p) <= k)."""
        if k < 0 or p >= 1:
            return float(k >= trials)
        i = np.arange(k + 1)
        choose = np.array([math.lgamma(trials + 1) - math.lgamma(j + 1) - math.lgamma(trials - j + 1) for j in i])
        return float(np.exp(choose + i * math.log(max(p, 1e-300)) + (trials - i) * math.log1p(-p)).sum())

    def solve(k: int, target: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if at_most(k, middle) > target else (low, middle)
        return low

    low = 0.0 if hits == 0 else solve(hits - 1, 0.975)
    return [hits / trials, low, 1.0 if hits == trials else solve(hits, 0.025)]
