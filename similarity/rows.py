"""The rows an index is made from, as arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity.errors import SimilarityError
from similarity.models import Embedding
from similarity.watermark import lock_watermark, watermark_of

_FIELDS = ("reference_id", "reference__artist_id", "reference__fingerprint", "vector")
# SQLite takes no more than 32,766 values in one statement.
_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class Keys:
    """n references, ordered by artist and id: their UUID bytes and artists' (n × 16), image-code bodies (n × 32)."""

    references: NDArray[np.uint8]
    artists: NDArray[np.uint8]
    codes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.references)

    def rows_of(self, references: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The row of each of *references* (m × 16); -1 for those that are not here."""
        if not len(self):
            return np.full(len(references), -1, np.int64)
        ids, order = self._sorted
        asked = as_strings(references)
        at = np.minimum(np.searchsorted(ids, asked), len(ids) - 1)
        return np.where(ids[at] == asked, order[at], -1)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
        ids = as_strings(self.references)
        order = np.argsort(ids)
        return ids[order], order


@dataclass(frozen=True)
class Rows(Keys):
    """Keys with the vectors of one encoder, float16 (n × dimension): the very numbers of the SQL rows."""

    vectors: NDArray[np.float16]

    def take(self, rows: NDArray[Any]) -> "Rows":
        """Those *rows* alone: numbers, or a mask."""
        return Rows(self.references[rows], self.artists[rows], self.codes[rows], self.vectors[rows])

    def joined(self, other: "Rows") -> "Rows":
        """Both, in the order of rows."""
        together = Rows(
            np.concatenate([self.references, other.references]),
            np.concatenate([self.artists, other.artists]),
            np.concatenate([self.codes, other.codes]),
            np.concatenate([self.vectors, other.vectors]),
        )
        return together.take(np.lexsort((as_strings(together.references), as_strings(together.artists))))


def as_strings(ids: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """UUID bytes (n × 16) as one value each, which numpy can compare and sort."""
    return np.ascontiguousarray(ids).view("S16").ravel()


def load_rows(encoder: str, dimension: int) -> tuple[int, Rows]:
    """The watermark and the rows that belong to it.

    The rows come from one statement; if the number is the same before and after, nothing was
    committed between. Under steady writing the last try holds the writers' lock.
    """
    for _attempt in range(3):
        before = watermark_of(encoder)
        rows = _all(encoder, dimension)
        if watermark_of(encoder) == before:
            return before, rows
    with transaction.atomic():
        number = lock_watermark(encoder).number
        return number, _all(encoder, dimension)


def load_rows_of(encoder: str, dimension: int, references: Sequence[UUID]) -> Rows:
    """The rows of those *references* that still have one."""
    found = [
        row
        for ids in batched_ids(references)
        for row in Embedding.objects.filter(encoder=encoder, reference__in=ids).values_list(*_FIELDS)
    ]
    return _rows(sorted(found, key=lambda row: (row[1], row[0])), dimension)


def load_vectors(encoder: str, dimension: int, references: NDArray[np.uint8]) -> NDArray[np.float16]:
    """The vectors of *references* (UUID bytes, n × 16) in their order; NaN where a row has gone."""
    place = {UUID(bytes=reference.tobytes()): row for row, reference in enumerate(references)}
    out = np.full((len(references), dimension), np.nan, np.float16)
    for ids in batched_ids(place):
        found = Embedding.objects.filter(encoder=encoder, reference__in=ids).values_list("reference_id", "vector")
        for reference, vector in found:
            if len(vector) != 2 * dimension:
                raise _unreadable(reference)
            out[place[reference]] = np.frombuffer(bytes(vector), "<f2")
    return out


def batched_ids(references: Iterable[UUID]) -> Iterable[list[UUID]]:
    """As many at once as every database takes in one statement."""
    held = list(references)
    return (held[at : at + _IDS_AT_ONCE] for at in range(0, len(held), _IDS_AT_ONCE))


def _all(encoder: str, dimension: int) -> Rows:
    found = Embedding.objects.filter(encoder=encoder).order_by("reference__artist_id", "reference_id")
    return _rows(found.values_list(*_FIELDS).iterator(chunk_size=2000), dimension)


def _rows(found: Iterable[tuple[UUID, UUID, bytes, bytes]], dimension: int) -> Rows:
    references, artists, codes, vectors = bytearray(), bytearray(), bytearray(), bytearray()
    count = 0
    for reference, artist, code, vector in found:
        if len(vector) != 2 * dimension or len(code) != 32:
            raise _unreadable(reference)
        references += reference.bytes
        artists += artist.bytes
        codes += bytes(code)
        vectors += bytes(vector)
        count += 1
    return Rows(
        np.frombuffer(references, np.uint8).reshape(count, 16),
        np.frombuffer(artists, np.uint8).reshape(count, 16),
        np.frombuffer(codes, np.uint8).reshape(count, 32),
        np.frombuffer(vectors, "<f2").reshape(count, dimension),
    )


def _unreadable(reference: UUID) -> SimilarityError:
    return SimilarityError(
        "vector_unreadable",
        _("The vector of reference %(id)s does not have the encoder's size. Import the work again.")
        % {"id": reference},
    )
