"""Searching: the process's copy of the newest index, and the two questions asked of it.

An opened index never changes. When the rows move on, a new one is opened beside it and takes its
place, so that a search in progress goes on undisturbed (adding to a FAISS index while another
thread searches it crashes the process).
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from structlog import get_logger

from similarity import generations
from similarity.artist_scores import Vectors, artist_slices, best_means
from similarity.build_index import build_index
from similarity.errors import SimilarityError
from similarity.fingerprint import distances
from similarity.rows import Rows
from similarity.watermark import watermark_of

log = get_logger(__name__)

ENOUGH_REFERENCES = 10
# FAISS nominates this many times what was asked for; the order is then decided exactly.
NOMINATED = 4
_ROWS_AT_ONCE = 16_384
_TRIES = 3


@dataclass(frozen=True)
class Hit:
    """A reference and its cosine similarity."""

    row: int
    reference: UUID
    artist: UUID
    score: float


@dataclass(frozen=True)
class ArtistScore:
    """Mean of the best ``BEST_K`` similarities to an artist's works; too few works are marked."""

    artist: UUID
    score: float
    references: int

    @property
    def sufficient(self) -> bool:
        return self.references >= ENOUGH_REFERENCES


@dataclass(frozen=True)
class Index:
    """One generation in memory. ``searcher`` is a FAISS index over ``rows.vectors``."""

    manifest: generations.Manifest
    rows: Rows
    searcher: Any

    @property
    def sha256(self) -> str:
        return self.manifest.sha256

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Rows and cosines of the nearest works: m × k each, best first; -1 and -inf where there are fewer.

        FAISS nominates; the score is the exact inner product with the float16 row.
        """
        wanted = min(k, len(self))
        rows = np.full((len(vectors), k), -1, np.int64)
        scores = np.full((len(vectors), k), -np.inf, np.float32)
        if wanted == 0 or len(vectors) == 0:
            return rows, scores
        _similarity, nominated = self.searcher.search(
            np.ascontiguousarray(vectors, np.float32), min(len(self), NOMINATED * k)
        )
        for i, candidates in enumerate(nominated):
            candidates = candidates[candidates >= 0]
            exact = self.rows.vectors[candidates].astype(np.float32) @ vectors[i]
            order = np.lexsort((candidates, -exact))[:wanted]
            rows[i, : len(order)], scores[i, : len(order)] = candidates[order], exact[order]
        return rows, scores

    def nearest(self, vector: Vectors, k: int) -> list[Hit]:
        """The *k* works nearest to one vector, best first."""
        rows, scores = self.search(vector[None, :], k)
        return [self.hit(int(row), float(score)) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0]

    def hit(self, row: int, score: float) -> Hit:
        return Hit(row, self.reference_of(row), UUID(bytes=self.rows.artists[row].tobytes()), score)

    def reference_of(self, row: int) -> UUID:
        return UUID(bytes=self.rows.references[row].tobytes())

    def similarities(self, vector: Vectors) -> Vectors:
        """Exact cosine of one vector with every row."""
        out = np.empty(len(self), np.float32)
        for start in range(0, len(self), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            out[part] = self.rows.vectors[part].astype(np.float32) @ vector
        return out

    def artist_scores(self, vector: Vectors) -> list[ArtistScore]:
        """Every artist's score, best first, exactly over all rows."""
        scores, artists = self.artist_scores_of(vector[None, :])
        counts = {artist: end - start for artist, start, end in self._artists}
        scored = [
            ArtistScore(artist, float(score), counts[artist]) for artist, score in zip(artists, scores[0], strict=True)
        ]
        return sorted(scored, key=lambda entry: (-entry.score, entry.artist))

    def artist_scores_of(
        self,
        vectors: Vectors,
        *,
        without_references: Sequence[UUID | None] | None = None,
        without_artists: Sequence[UUID | None] | None = None,
    ) -> tuple[Vectors, list[UUID]]:
        """The score of every vector (m × d) with every artist, m × A, and the artists of the columns.

        Exact over all rows: the mean of the best ``BEST_K`` similarities, or of all when there are
        fewer. Vector i is not compared with ``without_references[i]``, nor with any work of
        ``without_artists[i]``; where nothing is left to compare with, the score is -inf.
        """
        skipped = None
        if without_references is not None:
            rows = {self.reference_of(row): row for row in range(len(self))}
            skipped = np.array(
                [-1 if reference is None else rows.get(reference, -1) for reference in without_references], np.int64
            )
        scores = best_means(vectors, self.rows.vectors, self._artists, skipped=skipped)
        artists = [artist for artist, _start, _end in self._artists]
        if without_artists is not None:
            columns = {artist: column for column, artist in enumerate(artists)}
            for i, artist in enumerate(without_artists):
                if artist in columns:
                    scores[i, columns[artist]] = -np.inf
        return scores, artists

    def code_distances(self, code: bytes) -> NDArray[np.int64]:
        """Hamming distance of one image-code to every row's."""
        return distances(code, self.rows.codes)

    @property
    def artist_count(self) -> int:
        """How many artists the works are by."""
        return len(self._artists)

    @cached_property
    def _artists(self) -> list[tuple[UUID, int, int]]:
        return artist_slices(self.rows.artists)


_opening = threading.Lock()
_open: dict[str, Index] = {}


def open_index(*, encoder: str, dimension: int) -> Index:
    """The index of the rows as they are now, kept for the process until the rows change.

    A missing file is built; a damaged one is reported in the log, thrown away and built anew.
    Raises ``SimilarityError`` as ``build_index``.
    """
    current = _open.get(encoder)
    if _is_current(current, encoder, dimension):
        assert current is not None
        return current
    with _opening:
        current = _open.get(encoder)
        if not _is_current(current, encoder, dimension):
            current = _open[encoder] = _opened(encoder, dimension)
        assert current is not None
        return current


def _is_current(index: Index | None, encoder: str, dimension: int) -> bool:
    return (
        index is not None
        and index.manifest.dimension == dimension
        and index.manifest.watermark == watermark_of(encoder)
    )


def _opened(encoder: str, dimension: int) -> Index:
    published = generations.of_watermark(encoder, watermark_of(encoder))
    for attempt in range(_TRIES):
        path = published or build_index(encoder=encoder, dimension=dimension)
        try:
            return read_index(path, encoder=encoder, dimension=dimension)
        except generations.Damaged as damage:
            # Built anew above; or, while many works are added, tidied away before it was read.
            log.error("index_damaged", generation=path.name, why=str(damage))
            if attempt == _TRIES - 1:
                raise SimilarityError(
                    "index_unreadable",
                    _("The index of known works cannot be read. It is built anew; try again in a minute."),
                    permanent=False,
                    note=str(damage),
                ) from damage
        published = None
    raise AssertionError("unreachable")


def read_index(path: Path, *, encoder: str, dimension: int) -> Index:
    """Read and verify one generation. Raises ``generations.Damaged``."""
    import faiss

    watermark = int(path.name.partition("-")[0])
    manifest, files = generations.read(path, encoder=encoder, dimension=dimension, watermark=watermark)
    searcher = faiss.deserialize_index(np.frombuffer(files[generations.VECTORS], np.uint8))
    rows = Rows.from_bytes(files[generations.ROWS])
    if not searcher.ntotal == len(rows) == manifest.count or searcher.d != dimension:
        raise generations.Damaged("its parts do not have the same number of works")
    return Index(manifest, rows, searcher)
