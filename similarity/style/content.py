"""Is it the subject rather than the hand? Controls with the same content, for one image and one artist.

The *content vector* is what is left of a vector when the directions in which artists differ are projected out:
the leading discriminant directions of the cohort's own vectors, at most half of all. So it needs nothing but
the vectors that the index holds, of an encoder with or without a readout.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity.readout import fit_plda

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

# Of works by others, this share is less near to an artist's in content than what counts as near.
NEAR = 0.95
# The works nearest in content that an image is compared with, and how few of them may resemble the artist as much.
CONTROLS = 200
UPHELD = 0.05
_SHRINKAGE = 0.3
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True)
class ContentSpace:
    """``mean`` is (d,), ``style`` (d, k) with orthonormal columns: what is projected out."""

    mean: Floats
    style: Floats

    def of(self, vectors: Floats) -> Floats:
        """n × d vectors to content vectors of length one (or zero, where nothing is left)."""
        left = vectors - self.mean
        left = left - (left @ self.style) @ self.style.T
        return np.asarray(left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9), np.float32)

    def lengths(self, vectors: Floats) -> Floats:
        """How long the content part of each row is, (n,), before it is made one."""
        found = np.empty(len(vectors), np.float32)
        for part in _parts(len(vectors)):
            left = vectors[part].astype(np.float32) - self.mean
            outside = (left * left).sum(axis=1) - ((left @ self.style) ** 2).sum(axis=1)
            found[part] = np.sqrt(np.maximum(outside, 1e-18))
        return found

    def similarities(self, content: Floats, vectors: Floats, lengths: Floats) -> Floats:
        """Cosine of one content vector (d,) with the content part of each of n rows: (n,).

        *content* is at right angles to what is projected out, so the rows need not be projected.
        """
        found = np.empty(len(vectors), np.float32)
        for part in _parts(len(vectors)):
            found[part] = vectors[part].astype(np.float32) @ content
        return np.asarray((found - self.mean @ content) / np.maximum(lengths, 1e-9), np.float32)


def fit_content(vectors: Floats, artist: Ints) -> ContentSpace:
    """The space of a cohort: vectors n × d, the artist of each (n,)."""
    directions = min(len(np.unique(artist)) - 1, vectors.shape[1] // 2)
    fitted = fit_plda(
        np.asarray(vectors, np.float32), np.asarray(artist, np.int64), shrinkage=_SHRINKAGE, out=directions, damping=0.0
    )
    style, _upper = np.linalg.qr(fitted.projection.astype(np.float64))
    mean = np.asarray(vectors, np.float64).mean(axis=0)
    return ContentSpace(mean.astype(np.float32), style.astype(np.float32))


def near_limits(similarities: Floats, own: Ints) -> Floats:
    """(A,): the ``NEAR`` quantile of what works by others score against each artist in content (N × A)."""
    artists = similarities.shape[1]
    return np.array([np.quantile(similarities[own != a, a], NEAR) for a in range(artists)], np.float32)


def control_p(score: float, controls: Floats) -> float:
    """(1 + how many of the controls resemble the artist as much) / (n + 1)."""
    return float((1 + (controls >= score).sum()) / (len(controls) + 1))


def _parts(n: int) -> Iterator[slice]:
    for start in range(0, n, _ROWS_AT_ONCE):
        yield slice(start, start + _ROWS_AT_ONCE)
