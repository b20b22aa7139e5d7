"""How much vectors resemble each artist: the mean of the best similarities to that artist's works."""

import itertools
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

BEST_K = 5
_ROWS_AT_ONCE = 16_384
_QUERIES_AT_ONCE = 1_024


def artist_slices(artists: NDArray[np.uint8]) -> list[tuple[UUID, int, int]]:
    """Each artist of rows ordered by artist (UUID bytes, n × 16): their first row, and the row after their last."""
    if not len(artists):
        return []
    changes = np.flatnonzero((artists[1:] != artists[:-1]).any(axis=1)) + 1
    bounds = [0, *(int(c) for c in changes), len(artists)]
    return [(UUID(bytes=artists[start].tobytes()), start, end) for start, end in itertools.pairwise(bounds)]


def best_means(
    queries: Vectors,
    rows: NDArray[np.floating],
    slices: Sequence[tuple[UUID, int, int]],
    *,
    skipped: NDArray[np.int64] | None = None,
) -> Vectors:
    """m × A: for every query and slice of *rows*, the mean of the ``BEST_K`` largest inner products (all, if fewer).

    ``skipped[i]`` is a row that query i is not compared with, or -1. A slice with no other row gives -inf.
    """
    queries = np.ascontiguousarray(queries, np.float32)
    best = np.full((len(queries), len(slices), BEST_K), -np.inf, np.float32)
    for first, last in _groups(slices):
        start, end = slices[first][1], slices[last - 1][2]
        part = np.asarray(rows[start:end], np.float32)
        for at in range(0, len(queries), _QUERIES_AT_ONCE):
            block = slice(at, at + _QUERIES_AT_ONCE)
            similar = queries[block] @ part.T
            if skipped is not None:
                inside = np.flatnonzero((skipped[block] >= start) & (skipped[block] < end))
                similar[inside, skipped[block][inside] - start] = -np.inf
            for column in range(first, last):
                _artist, own_start, own_end = slices[column]
                found = _largest(similar[:, own_start - start : own_end - start])
                best[block, column, : found.shape[1]] = found
    return _mean_of_finite(best)


def _groups(slices: Sequence[tuple[UUID, int, int]]) -> list[tuple[int, int]]:
    """Runs of slices of about ``_ROWS_AT_ONCE`` rows: as many as are multiplied at once."""
    groups, first = [], 0
    for column in range(1, len(slices) + 1):
        if column == len(slices) or slices[column][2] - slices[first][1] > _ROWS_AT_ONCE:
            groups.append((first, column))
            first = column
    return groups


def best_mean_of_each(bodies: Sequence[Vectors]) -> Vectors:
    """(A,): of each of A bodies of work the mean of its ``BEST_K`` largest similarities, ignoring -inf.

    The bodies, (n,) each, are put in another order.
    """
    best = np.full((len(bodies), BEST_K), -np.inf, np.float32)
    for row, similar in zip(best, bodies, strict=True):
        found = _largest(similar)
        row[: len(found)] = found
    return _mean_of_finite(best)


def _largest(similar: Vectors) -> Vectors:
    """The ``BEST_K`` largest along the last axis, in no order; *similar* itself is reordered."""
    n = similar.shape[-1]
    if n > BEST_K:
        similar.partition(n - BEST_K)
    return similar[..., -BEST_K:]


def _mean_of_finite(best: Vectors) -> Vectors:
    """Means along the last axis; -inf where nothing is finite."""
    there = np.isfinite(best)
    count = there.sum(axis=-1)
    total = np.where(there, best, 0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf).astype(np.float32)
