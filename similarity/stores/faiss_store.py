"""Vectors in a file of the generation, mapped into memory that all processes share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity import generations
from similarity.exact import similarities
from similarity.generations import Manifest
from similarity.rows import Keys, Rows
from similarity.stores import store
from similarity.stores.store import Store, Vectors, Written

FILE = "vectors.faiss"
# Lists looked into, fewest first: the first that finds enough in the self-test is used.
_PROBES = (32, 64, 128, 256)
_K_FACTOR = 8
_ENOUGH = 0.995
_TESTED = 100
_TESTED_K = 10
_TESTED_COUNT = 40
_TRAINED_ON = 64  # vectors per list


class Faiss:
    kind = "faiss"

    def held(self, encoder: str, dimension: int) -> Any:
        return None

    def write(self, encoder: str, rows: Rows, held: Any) -> Written:
        if len(rows) <= store.EXACT_UP_TO:
            return Written({FILE: _serialised(exact_index(rows.vectors))})
        index, search = approximate_index(rows.vectors)
        return Written({FILE: _serialised(index)}, search)

    def remove(self, encoder: str, references: Sequence[UUID]) -> None:
        """Nothing is held outside of generations."""

    def open(self, folder: Path, manifest: Manifest, keys: Keys) -> Store:
        faiss = _faiss()
        try:
            index = faiss.read_index(str(folder / FILE), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise generations.Damaged(f"{FILE} cannot be read: {error}") from error
        if index.ntotal != len(keys) or index.d != manifest.dimension:
            raise generations.Damaged("its parts do not have the same number of works")
        return FaissStore(index, {name: int(value) for name, value in manifest.search.items() if name != "recall"})


@dataclass(frozen=True)
class FaissStore:
    """``index`` is SQfp16, or IVF-RaBitQ refined by SQfp16; both hold the float16 numbers of the rows themselves."""

    index: Any
    search: dict[str, int]

    def nominate(self, vectors: Vectors, count: int) -> NDArray[np.int64]:
        count = min(count, int(self.index.ntotal))
        if not count:
            return np.empty((len(vectors), 0), np.int64)
        _similarity, rows = self.index.search(
            np.ascontiguousarray(vectors, np.float32), count, params=_parameters(self.search, count)
        )
        return np.asarray(rows, np.int64)

    def take(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float16]:
        return self._codes[rows].view(np.float16)

    @property
    def _codes(self) -> NDArray[np.uint8]:
        """n × 2d: a view of FAISS's own memory, which this object keeps alive."""
        faiss = _faiss()
        exact = faiss.downcast_index(self.index.refine_index) if self.search else self.index
        size = 2 * int(exact.d)
        if not exact.ntotal:
            return np.empty((0, size), np.uint8)
        held: NDArray[np.uint8] = faiss.rev_swig_ptr(exact.codes.data(), exact.ntotal * size)
        return held.reshape(exact.ntotal, size)


def exact_index(vectors: NDArray[np.float16]) -> Any:
    """Inner products with every row's float16 numbers."""
    faiss = _faiss()
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if len(vectors):
        index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    return index


def approximate_index(vectors: NDArray[np.float16]) -> tuple[Any, dict[str, float]]:
    """IVF with one bit per number (RaBitQ), refined by the float16 numbers; and how to search it.

    The self-test asks for the neighbours of rows that are there, themselves not counted.
    """
    n, dimension = vectors.shape
    lists = 1 << max(4, round(np.log2(4 * np.sqrt(n))))
    index = _faiss().index_factory(dimension, f"IVF{lists},RaBitQfs,Refine(SQfp16)", _faiss().METRIC_INNER_PRODUCT)
    rng = np.random.default_rng(0)
    sample = np.sort(rng.choice(n, min(n, _TRAINED_ON * lists), replace=False))
    index.train(vectors[sample].astype(np.float32))
    for start in range(0, n, store.EXACT_UP_TO):
        index.add(vectors[start : start + store.EXACT_UP_TO].astype(np.float32))
    asked = rng.choice(n, min(n, _TESTED), replace=False)
    expected = [_neighbours(row, vectors) for row in asked]
    search: dict[str, float] = {}
    for probes in _PROBES:
        search = {"nprobe": min(probes, lists), "k_factor": _K_FACTOR}
        held = FaissStore(index, {name: int(value) for name, value in search.items()})
        found = held.nominate(vectors[asked].astype(np.float32), _TESTED_COUNT)
        hits = [len(own & set(rows)) for own, rows in zip(expected, found.tolist(), strict=True)]
        search["recall"] = sum(hits) / (_TESTED_K * len(asked))
        if search["recall"] >= _ENOUGH:
            break
    return index, search


def _neighbours(row: int, vectors: NDArray[np.float16]) -> set[int]:
    scores = similarities(vectors[row].astype(np.float32), vectors)
    scores[row] = -np.inf
    return set(np.argpartition(-scores, _TESTED_K)[:_TESTED_K].tolist())


def _parameters(search: dict[str, int], count: int) -> Any:
    if not search:
        return None
    # A large *count* is a margin already.
    factor = max(1, min(search["k_factor"], 2_000 // count))
    lists = _faiss().SearchParametersIVF(nprobe=search["nprobe"])
    return _faiss().IndexRefineSearchParameters(k_factor=factor, base_index_params=lists)


def _serialised(index: Any) -> memoryview:
    return memoryview(_faiss().serialize_index(index))


def _faiss() -> Any:
    """Imported late, for it takes long; its stubs do not know half of it."""
    import faiss

    return faiss
