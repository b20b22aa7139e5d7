"""Learn the visual words of ``provenance/recovery/bundled/words.npz`` from works of the reference art.

    python -m tests.benchmarks.recovery_words --art ../shared/data/art.zip --out words.npz

Works 1,000 to 4,000 of the benchmark's shuffled order: neither its queries nor its strangers. The words
are learnt in two steps (128 regions, then as many words in each as it has descriptors), which takes seconds
where one k-means over 16,384 takes half an hour. Another file means another vocabulary: every registered
picture must be fingerprinted again (``manage.py fingerprint_versions``).
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from provenance.recovery.words import KEPT
from similarity.matching.features import features_of
from tests.benchmarks.recovery import Archive

WORDS, REGIONS, DIMENSIONS = 16_384, 128, 64
FIRST, LAST = 1_000, 4_000

Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    archive = Archive(options.art)
    names = archive.names[FIRST:LAST]
    found = [features_of(archive.pixels(name)).spread(KEPT).descriptors for name in names]
    values = np.concatenate(found).astype(np.float32)
    rooted = np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6))
    mean = rooted.mean(axis=0)
    projection = _projection(rooted - mean)
    centroids = _centroids(np.ascontiguousarray((rooted - mean) @ projection))
    scale = float(np.abs(centroids).max() / 127)
    np.savez_compressed(
        options.out,
        mean=mean.astype(np.float16),
        projection=projection.astype(np.float16),
        centroids=np.round(centroids / scale).astype(np.int8),
        scale=np.float32(scale),
    )


def _projection(centred: Floats) -> Floats:
    """The 64 strongest directions of a sample, turned at random so that all of them carry alike."""
    rows = np.random.default_rng(0).choice(len(centred), min(len(centred), 100_000), replace=False)
    values, vectors = np.linalg.eigh(centred[rows].T @ centred[rows] / len(rows))
    strongest = vectors[:, np.argsort(-values)[:DIMENSIONS]]
    turn, _rest = np.linalg.qr(np.random.default_rng(7).normal(size=(DIMENSIONS, DIMENSIONS)))
    return np.asarray(strongest @ turn, np.float32)


def _centroids(points: Floats) -> Floats:
    import faiss

    regions = faiss.Kmeans(DIMENSIONS, REGIONS, niter=15, seed=3, max_points_per_centroid=1000)
    regions.train(points)
    own = regions.index.search(points, 1)[1][:, 0]
    share = np.bincount(own, minlength=REGIONS) / len(own) * WORDS
    counts = np.maximum(1, np.floor(share)).astype(int)
    counts[np.argsort(-(share - counts))[: WORDS - counts.sum()]] += 1
    found = []
    for region, count in enumerate(counts):
        words = faiss.Kmeans(DIMENSIONS, int(count), niter=12, seed=3, max_points_per_centroid=60)
        words.train(np.ascontiguousarray(points[own == region]))
        found.append(np.asarray(words.centroids, np.float32))
    return np.concatenate(found)


if __name__ == "__main__":
    main()
