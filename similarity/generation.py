"""One generation of the index, opened: its rows mapped into memory, and the store of their vectors."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity import generations
from similarity.artist_scores import artist_slices
from similarity.prototypes import Prototypes
from similarity.rows import Keys
from similarity.stores.store import Adapter, Store

KEYS = ("references", "artists", "codes")
PROTOTYPES = ("prototypes", "prototype_starts")


@dataclass(frozen=True)
class Generation:
    """Its rows never change. ``prototypes`` are there when not every artist is scored each time."""

    manifest: generations.Manifest
    keys: Keys
    store: Store
    prototypes: Prototypes | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def slices(self) -> dict[UUID, slice]:
        """The rows of each artist, in the order of rows."""
        return {artist: slice(start, end) for artist, start, end in artist_slices(self.keys.artists)}

    @cached_property
    def artists(self) -> list[UUID]:
        return list(self.slices)


def open_generation(path: Path, adapter: Adapter, *, encoder: str, dimension: int) -> Generation:
    """Verify and map one generation. Raises ``generations.Damaged``, or ``SimilarityError`` as the adapter."""
    manifest = generations.verify(path, encoder=encoder, dimension=dimension, kind=adapter.kind)
    keys = Keys(*(_mapped(path, name) for name in KEYS))
    if not all(len(getattr(keys, name)) == manifest.count for name in KEYS):
        raise generations.Damaged("its parts do not have the same number of works")
    prototypes = None
    if file_of(PROTOTYPES[0]) in manifest.files:
        prototypes = Prototypes(*(_mapped(path, name) for name in PROTOTYPES))
    return Generation(manifest, keys, adapter.open(path, manifest, keys), prototypes)


def file_of(array: str) -> str:
    return f"{array}.npy"


def _mapped(path: Path, name: str) -> NDArray[Any]:
    try:
        # As a plain array: a subclass would slow down every access.
        return np.asarray(np.load(path / file_of(name), mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError) as error:
        raise generations.Damaged(f"{file_of(name)} cannot be read: {error}") from error
