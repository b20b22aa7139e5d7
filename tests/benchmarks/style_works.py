"""The works the style benchmark asks about, with their vectors and splits.

Artists are numbered with the 30 unseen ones (``test`` in ``similarity/training/split.json``) first, then the
10 of validation, then the 96 the encoder was trained on. Crop embeddings are kept beside the decoded pictures by
the image tower's hash (``similarity.training.embed``), so other weights are always embedded anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from similarity import readout
from similarity.training.data import Listed, read_split
from similarity.training.embed import embed_crops, pooled
from similarity.training.evaluate import Bench
from similarity.training.export import BUNDLED
from similarity.training.train import part_of

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
KINDS = ("raw", "whitened", "readout")


@dataclass(frozen=True)
class Works:
    """n works with their vectors (unit rows, n × d) of each kind; ``rows`` is their place in the works list."""

    bench: Bench
    rows: Ints
    listed: list[Listed]
    names: tuple[str, ...]
    artist: Ints
    whitening: readout.Readout
    vectors: dict[str, Floats]
    unseen: int
    trained_from: int

    @property
    def is_unseen(self) -> NDArray[np.bool_]:
        """Works of artists that took no part in training or in choosing."""
        return self.artist < self.unseen

    @property
    def is_trained(self) -> NDArray[np.bool_]:
        """Works of artists the encoder was trained on."""
        return self.artist >= self.trained_from

    def of_kinds(self, plain: Floats) -> dict[str, Floats]:
        """Plain embeddings (n × d, unit rows) as raw, whitened and read-out vectors."""
        return {
            "raw": readout.unit(plain),
            "whitened": self.whitening.apply(plain),
            "readout": self.bench.readout.apply(plain),
        }

    def embed(self, pictures: Any, count: int, cache: Path | None = None) -> dict[str, Floats]:
        """Vectors of every kind of *count* RGB pictures, by the shipped crops."""
        from similarity.training import views

        crops = embed_crops(
            self.bench.model,
            self.bench.normalise,
            pictures,
            np.arange(count),
            boxes=views.CROPS,
            side=self.bench.side,
            device=self.bench.device,
            quiet=True,
            cache=cache,
        )
        return self.of_kinds(pooled(crops))


def gather(data: Path, packed: Path, *, each: int) -> Works:
    """All works of the unseen and validation artists, and at most *each* of every trained artist."""
    bench = Bench(BUNDLED, data, packed, torch.device("cpu"))
    split = read_split()
    names: tuple[str, ...] = ()
    rows, artist, listed, plain = [], [], [], []
    for part, name in (("test", "test"), ("validation", "validation"), ("train", f"train-{each}")):
        found, label, works = part_of(bench.works, split.part(part), each if part == "train" else 1_000_000)
        rows.append(found)
        artist.append(label + len(names))
        listed += works
        names += split.part(part)
        plain.append(pooled(bench.crops(found, name)))
    gathered = Works(
        bench=bench,
        rows=np.concatenate(rows),
        listed=listed,
        names=names,
        artist=np.concatenate(artist),
        whitening=readout.fit_whitening(plain[-1], shrinkage=0.1),
        vectors={},
        unseen=len(split.test),
        trained_from=len(split.test) + len(split.validation),
    )
    gathered.vectors.update(gathered.of_kinds(np.concatenate(plain)))
    return gathered
