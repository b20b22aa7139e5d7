"""Figures of the style audit: R@k, mAP@k, artist accuracy and verification AUC.

Definitions follow CSD (arXiv 2404.01292): R@k asks for any work by the same artist among the k nearest;
mAP@k is the mean over ranks 1..k of precision@i (not the textbook average precision). The score of a work
against an artist is the mean of its best 5 similarities to that artist's *other* works.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PerWork:
    """Outcome of every query work; arrays are ``[works]`` unless said otherwise."""

    artist: Ints
    hit1: Floats
    ap10: Floats
    top1: Floats
    top5: Floats
    artist_scores: Floats
    """``[works, artists]``: score of each work against each artist."""


def similarities(embeddings: Floats) -> Floats:
    """Cosine similarity ``[works, works]`` of unit rows, with the diagonal at minus infinity."""
    table = embeddings @ embeddings.T
    np.fill_diagonal(table, -np.inf)
    return table.astype(np.float32)


def ranks_precision(table: Floats, artist: Ints, k: int) -> tuple[Floats, Floats]:
    """Hit at rank 1 and mean over ranks 1..k of precision@i, each ``[works]``."""
    near = np.argsort(-table, axis=1, kind="stable")[:, :k]
    same = (artist[near] == artist[:, None]).astype(np.float32)
    precision = np.cumsum(same, axis=1) / np.arange(1, same.shape[1] + 1, dtype=np.float32)
    return same[:, 0], precision.mean(axis=1, dtype=np.float32)


def artist_scores(table: Floats, artist: Ints, *, artists: int, best: int = 5) -> Floats:
    """Mean of the best ``best`` similarities of every work to each artist: ``[works, artists]``."""
    scores = np.empty((len(table), artists), np.float32)
    for a in range(artists):
        column = table[:, artist == a]
        kept = min(best, column.shape[1] - 1)
        scores[:, a] = np.sort(column, axis=1)[:, ::-1][:, :kept].mean(axis=1)
    return scores


def auc(positive: Floats, negative: Floats) -> float:
    """Chance that a positive score exceeds a negative one, ties counting half (Mann-Whitney U)."""
    both = np.concatenate([positive, negative]).astype(np.float64)
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2)[inverse]
    n, m = len(positive), len(negative)
    return float((rank[:n].sum() - n * (n + 1) / 2) / (n * m))


def pair_auc(embeddings: Floats, artist: Ints) -> float:
    """AUC over all pairs of works: same artist against different artists, by cosine similarity."""
    upper = np.triu_indices(len(embeddings), 1)
    values = (embeddings @ embeddings.T)[upper]
    same = artist[upper[0]] == artist[upper[1]]
    return auc(values[same], values[~same])


def artist_auc(scores: Floats, artist: Ints) -> float:
    """AUC over all (work, artist) trials: the work's own artist against every other artist."""
    own = np.zeros(scores.shape, bool)
    own[np.arange(len(artist)), artist] = True
    return auc(scores[own], scores[~own])


def per_work(embeddings: Floats, artist: Ints) -> PerWork:
    """Score every work against all others; ``embeddings`` are unit rows ``[works, dim]``."""
    table = similarities(embeddings)
    hit1, ap10 = ranks_precision(table, artist, 10)
    scores = artist_scores(table, artist, artists=int(artist.max()) + 1)
    own = scores[np.arange(len(artist)), artist]
    above = (scores > own[:, None]).sum(axis=1)
    return PerWork(artist, hit1, ap10, (above < 1).astype(np.float32), (above < 5).astype(np.float32), scores)


def figures(embeddings: Floats, artist: Ints) -> dict[str, float]:
    """All figures of one embedding on one set of works."""
    work = per_work(embeddings, artist)
    return {
        "R@1": float(work.hit1.mean()),
        "mAP@10": float(work.ap10.mean()),
        "artist top-1": float(work.top1.mean()),
        "artist top-5": float(work.top5.mean()),
        "AUC pairs": pair_auc(embeddings, artist),
        "AUC work-artist": artist_auc(work.artist_scores, artist),
    }


def caption_recall(texts: Floats, images: Floats, k: int) -> float:
    """Share of captions whose own picture is among the ``k`` nearest; unit rows ``[works, dim]`` each."""
    table = texts @ images.T
    better = (table > np.diag(table)[:, None]).sum(axis=1)
    return float((better < k).mean())


def bootstrap(work: PerWork, *, rounds: int = 1000, seed: int = 0) -> dict[str, tuple[float, float]]:
    """95 % intervals by drawing artists with replacement.

    Queries are redrawn by artist; the gallery stays whole, so the interval speaks of the choice of
    queried artists. AUC is that of work-artist trials of the drawn artists' works.
    """
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(work.artist == a) for a in range(int(work.artist.max()) + 1)]
    values: dict[str, list[float]] = {
        name: [] for name in ("R@1", "mAP@10", "artist top-1", "artist top-5", "AUC work-artist")
    }
    for _ in range(rounds):
        drawn = np.concatenate([members[a] for a in rng.integers(0, len(members), len(members))])
        values["R@1"].append(float(work.hit1[drawn].mean()))
        values["mAP@10"].append(float(work.ap10[drawn].mean()))
        values["artist top-1"].append(float(work.top1[drawn].mean()))
        values["artist top-5"].append(float(work.top5[drawn].mean()))
        values["AUC work-artist"].append(artist_auc(work.artist_scores[drawn], work.artist[drawn]))
    return {k: (float(np.quantile(v, 0.025)), float(np.quantile(v, 0.975))) for k, v in values.items()}
