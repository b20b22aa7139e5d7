"""The rows an index is made from, as arrays."""

import io
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity.errors import SimilarityError
from similarity.models import Embedding
from similarity.watermark import lock_watermark, watermark_of

_FIELDS = ("reference_id", "reference__artist_id", "reference__fingerprint", "vector")


@dataclass(frozen=True)
class Rows:
    """n references seen by one encoder, ordered by artist and id.

    ``references`` and ``artists`` are UUID bytes (n × 16), ``codes`` image-code bodies (n × 32),
    ``vectors`` float16 (n × dimension): the very numbers of the SQL rows.
    """

    references: NDArray[np.uint8]
    artists: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    vectors: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.references)

    def to_bytes(self) -> bytes:
        out = io.BytesIO()
        np.savez(out, references=self.references, artists=self.artists, codes=self.codes, vectors=self.vectors)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Rows":
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            return cls(held["references"], held["artists"], held["codes"], held["vectors"])


def load_rows(encoder: str, dimension: int) -> tuple[int, Rows]:
    """The watermark and the rows that belong to it.

    The rows come from one statement; if the number is the same before and after, nothing was
    committed between. Under steady writing the last try holds the writers' lock.
    """
    for _attempt in range(3):
        before = watermark_of(encoder)
        rows = _read(encoder, dimension)
        if watermark_of(encoder) == before:
            return before, rows
    with transaction.atomic():
        number = lock_watermark(encoder).number
        return number, _read(encoder, dimension)


def _read(encoder: str, dimension: int) -> Rows:
    found = (
        Embedding.objects.filter(encoder=encoder).order_by("reference__artist_id", "reference_id").values_list(*_FIELDS)
    )
    references, artists, codes, vectors = bytearray(), bytearray(), bytearray(), bytearray()
    count = 0
    for reference, artist, code, vector in found.iterator(chunk_size=2000):
        if len(vector) != 2 * dimension or len(code) != 32:
            raise SimilarityError(
                "vector_unreadable",
                _("The vector of reference %(id)s does not have the encoder's size. Import the work again.")
                % {"id": reference},
            )
        references += reference.bytes
        artists += artist.bytes
        codes += bytes(code)
        vectors += bytes(vector)
        count += 1
    return Rows(
        np.frombuffer(bytes(references), np.uint8).reshape(count, 16),
        np.frombuffer(bytes(artists), np.uint8).reshape(count, 16),
        np.frombuffer(bytes(codes), np.uint8).reshape(count, 32),
        np.frombuffer(bytes(vectors), "<f2").reshape(count, dimension),
    )
