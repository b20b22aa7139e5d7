"""A few centres for every artist, by which the artists worth scoring are found in a large collection."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity.exact import Vectors, similarities

PER_ARTIST = 16
# So many artists are scored over all their works.
NOMINATED = 100
_ROUNDS = 8


@dataclass(frozen=True)
class Prototypes:
    """``vectors`` (p × d, float16) lie in the order of artists; ``starts`` says where each artist's begin."""

    vectors: NDArray[np.float16]
    starts: NDArray[np.int64]

    def nearest(self, vector: Vectors, count: int) -> list[int]:
        """Numbers of the *count* artists with the nearest prototype."""
        best = np.maximum.reduceat(similarities(vector, self.vectors), self.starts)
        return [int(artist) for artist in np.argsort(-best, kind="stable")[:count]]


def prototypes_of(vectors: NDArray[np.float16], artists: Sequence[tuple[UUID, int, int]]) -> Prototypes:
    """At most ``PER_ARTIST`` k-means centres of each artist's rows (``artist_slices``)."""
    parts, starts, count = [], [], 0
    for number, (_artist, start, end) in enumerate(artists):
        part = _centres(vectors[start:end].astype(np.float32), seed=number)
        parts.append(part.astype(np.float16))
        starts.append(count)
        count += len(part)
    return Prototypes(np.concatenate(parts), np.array(starts, np.int64))


def _centres(rows: Vectors, *, seed: int) -> Vectors:
    """Spherical k-means; the rows themselves when they are few."""
    if len(rows) <= PER_ARTIST:
        return rows
    centres = rows[np.random.default_rng(seed).choice(len(rows), PER_ARTIST, replace=False)]
    for _round in range(_ROUNDS):
        nearest = (rows @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, rows)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), centres)
    return centres
