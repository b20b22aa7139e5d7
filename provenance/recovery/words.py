"""Visual words: what a local feature is filed under, so that a hundred thousand pictures can be asked at once.

A descriptor is projected to 64 dimensions (PCA, then turned so that all of them carry alike) and filed
under the nearest of 16,384 centroids; on which side of it the descriptor lies in each dimension is its
64-bit signature (Hamming embedding: Jégou, Douze and Schmid 2008). The centroids were learnt from works
of the reference art that the recovery benchmark asks nothing about (tests/benchmarks/recovery_words.py). Pure.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from similarity.matching.features import Features

BOOK = Path(__file__).parent / "bundled" / "words.npz"
# Features kept of a registered picture; measured against 150 and 300 (docs/decisions).
KEPT = 240
RECORD = np.dtype([("word", "<u2"), ("signature", "<u8"), ("x", "u1"), ("y", "u1"), ("size", "u1"), ("angle", "u1")])
# Sizes are filed as 16 steps to an octave of the keypoint's share of the picture's long side.
_STEPS = 16.0


@dataclass(frozen=True)
class Book:
    """``mean`` 128, ``projection`` 128 × 64, ``centroids`` 16,384 × 64; ``fingerprint`` of the file."""

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    centroids: NDArray[np.float32]
    norms: NDArray[np.float32]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.centroids)


@cache
def book() -> Book:
    """The words every registered picture is filed under; read once."""
    data = BOOK.read_bytes()
    with np.load(BOOK, allow_pickle=False) as held:
        centroids = held["centroids"].astype(np.float32) * float(held["scale"])
        mean, projection = held["mean"].astype(np.float32), held["projection"].astype(np.float32)
    return Book(mean, projection, centroids, (centroids**2).sum(axis=1) / 2, hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class Filed:
    """``words`` n × probes, nearest first; ``signatures`` n × probes uint64, one for each word."""

    words: NDArray[np.int64]
    signatures: NDArray[np.uint64]


def file_under(descriptors: NDArray[np.uint8], *, probes: int = 1) -> Filed:
    """The *probes* nearest words of each SIFT descriptor (n × 128)."""
    words = book()
    values = descriptors.astype(np.float32)
    rooted = np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6))
    projected = (rooted - words.mean) @ words.projection
    nearness = projected @ words.centroids.T - words.norms
    nearest = np.empty((len(descriptors), probes), np.int64)
    rows = np.arange(len(descriptors))
    for probe in range(probes):
        nearest[:, probe] = nearness.argmax(axis=1)
        nearness[rows, nearest[:, probe]] = -np.inf
    sides = projected[:, None, :] > words.centroids[nearest]
    signatures = np.packbits(sides, axis=-1, bitorder="little").view("<u8")[..., 0]
    return Filed(nearest, signatures.astype(np.uint64))


def placed(features: Features) -> NDArray[np.void]:
    """A picture's features as ``RECORD`` rows without words: place and size as shares of its long side."""
    side = max(features.width, features.height)
    rows = np.zeros(len(features), RECORD)
    rows["x"], rows["y"] = np.clip(features.points / side * 255, 0, 255).astype(np.uint8).T
    rows["size"] = np.clip(np.log2(np.maximum(features.sizes / side, 1e-6)) * _STEPS + 160, 0, 255)
    rows["angle"] = (features.angles / 360 * 256).astype(np.int64) % 256
    return rows


def pack(features: Features) -> bytes:
    """What is kept of a registered picture's features: 14 bytes each."""
    kept = features.spread(KEPT)
    rows = placed(kept)
    if len(kept):
        filed = file_under(kept.descriptors)
        rows["word"], rows["signature"] = filed.words[:, 0], filed.signatures[:, 0]
    return rows.tobytes()


def unpack(data: bytes) -> NDArray[np.void]:
    """Rows of ``RECORD``. Raises ``ValueError`` for a damaged blob."""
    return np.frombuffer(data, RECORD)
