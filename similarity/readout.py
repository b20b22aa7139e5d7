"""A linear readout of style: centring, whitening, and discriminant analysis on known artists.

A readout is a mean ``[dim]`` and a projection ``[dim, out]``; it is applied as
``L2-normalise((embedding - mean) @ projection)``. Embeddings go in as the encoder gives them, L2-normalised
per crop and averaged over crops (as ``Encoder.embed_plain`` does).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Readout:
    """``mean`` is float32 ``[dim]``, ``projection`` float32 ``[dim, out]``."""

    mean: Floats
    projection: Floats

    def apply(self, embeddings: Floats) -> Floats:
        """``[works, dim]`` to unit rows ``[works, out]``."""
        return unit(np.asarray((embeddings - self.mean) @ self.projection, np.float32))


def unit(rows: Floats | Doubles) -> Floats:
    """Rows divided by their Euclidean length."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def shrunk(covariance: Doubles, amount: float) -> Doubles:
    """Covariance mixed with the isotropic one of equal trace (Ledoit and Wolf 2004), 0 <= amount <= 1."""
    level = float(np.trace(covariance)) / len(covariance)
    return (1 - amount) * covariance + amount * level * np.eye(len(covariance))


def power(symmetric: Doubles, exponent: float) -> Doubles:
    """Matrix power of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(symmetric)
    return np.asarray((vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T)


def fit_whitening(embeddings: Floats, *, shrinkage: float) -> Readout:
    """Centre and whiten on all works, labels unused; projection is symmetric (ZCA) ``[dim, dim]``."""
    rows = embeddings.astype(np.float64)
    mean = rows.mean(axis=0)
    covariance = np.cov(rows - mean, rowvar=False, bias=True)
    matrix = power(shrunk(covariance, shrinkage), -0.5)
    return Readout(mean.astype(np.float32), matrix.astype(np.float32))


def fit_plda(embeddings: Floats, artist: Ints, *, shrinkage: float, out: int, damping: float) -> Readout:
    """Discriminant readout in the manner of PLDA (Ioffe 2006), each artist weighing the same.

    Directions are those of linear discriminant analysis with a shrunk within-artist covariance; direction
    ``i``, whose between-to-within variance is ``psi_i``, is scaled by ``(psi_i / (psi_i + 1)) ** damping``:
    0 leaves plain LDA, 0.5 the inner product of PLDA's posterior means.
    """
    rows = embeddings.astype(np.float64)
    names = np.unique(artist)
    centres = np.stack([rows[artist == a].mean(axis=0) for a in names])
    mean = centres.mean(axis=0)
    spreads = [np.cov(rows[artist == a], rowvar=False, bias=True) for a in names]
    within: Doubles = np.stack(spreads).mean(axis=0)
    between = np.cov(centres - mean, rowvar=False, bias=True)
    whitener = power(shrunk(within, shrinkage), -0.5)
    psi, directions = np.linalg.eigh(whitener @ between @ whitener)
    psi, directions = psi[::-1][:out], directions[:, ::-1][:, :out]
    gain = (np.maximum(psi, 0) / (np.maximum(psi, 0) + 1)) ** damping
    return Readout(mean.astype(np.float32), (whitener @ directions * gain).astype(np.float32))


def save(readout: Readout, path: Path, facts: dict[str, str]) -> None:
    """Write float32 tensors ``mean`` and ``projection`` with ``facts`` in the safetensors header."""
    tensors = {"mean": readout.mean, "projection": np.ascontiguousarray(readout.projection)}
    dims = {"dim": str(len(readout.mean)), "out": str(readout.projection.shape[1])}
    save_file(tensors, str(path), metadata={**facts, **dims})


def load(path: Path) -> tuple[Readout, dict[str, str]]:
    """Read a readout and the facts in its header."""
    with safe_open(str(path), framework="numpy") as held:
        mean, projection = (np.asarray(held.get_tensor(name), np.float32) for name in ("mean", "projection"))
        return Readout(mean, projection), dict(held.metadata() or {})


SHRINKAGES = (0.1, 0.3, 0.5, 0.75)


@dataclass(frozen=True)
class Chosen:
    """A fitted readout, and how often the nearest other work is by the same artist, on artists not fitted on."""

    readout: Readout
    shrinkage: float
    plain: float
    whitened: float
    fitted: float


def choose(embeddings: Floats, artist: Ints, *, out: int) -> Chosen:
    """Fit ``fit_plda`` with the shrinkage that does best on artists left out: each half of them judges the other's.

    ``embeddings`` are unit rows ``[works, dim]``, ``artist`` numbers from 0. Needs four artists with two works each.
    """
    names = np.unique(artist)
    if len(names) < 4:
        raise ValueError("a readout needs at least four artists")
    half = np.isin(artist, np.random.default_rng(0).permutation(names)[: len(names) // 2])
    out = min(out, embeddings.shape[1])

    def held_out(fit: Callable[[Floats, Ints], Readout]) -> float:
        hits = [nearest_same(fit(embeddings[a], artist[a]).apply(embeddings[~a]), artist[~a]) for a in (half, ~half)]
        return float(np.mean(hits))

    tried = {
        s: held_out(lambda rows, who, s=s: fit_plda(rows, who, shrinkage=s, out=out, damping=0.0))  # type: ignore[misc]
        for s in SHRINKAGES
    }
    best = max(SHRINKAGES, key=lambda s: tried[s])
    return Chosen(
        readout=fit_plda(embeddings, artist, shrinkage=best, out=out, damping=0.0),
        shrinkage=best,
        plain=float(np.mean([nearest_same(embeddings[part], artist[part]) for part in (~half, half)])),
        whitened=held_out(lambda rows, who: fit_whitening(rows, shrinkage=0.1)),
        fitted=tried[best],
    )


def nearest_same(rows: Floats, artist: Ints) -> float:
    """Share of unit rows whose nearest other row is by the same artist."""
    hits = 0
    for start in range(0, len(rows), 2048):
        block = np.arange(start, min(start + 2048, len(rows)))
        table = rows[block] @ rows.T
        table[block - start, block] = -np.inf
        hits += int((artist[table.argmax(axis=1)] == artist[block]).sum())
    return hits / max(len(rows), 1)
