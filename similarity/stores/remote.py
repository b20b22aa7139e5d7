"""What stores on a server share: they know references, and the numbers come from the SQL rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity.errors import SimilarityError
from similarity.rows import Keys, load_vectors
from similarity.stores.store import Vectors


@dataclass(frozen=True)
class RemoteStore:
    """``ask(vectors, count)`` gives, for each vector, the ids (16 bytes) of the references nearest to it."""

    encoder: str
    dimension: int
    keys: Keys
    ask: Callable[[Vectors, int], list[list[bytes]]]

    def nominate(self, vectors: Vectors, count: int) -> NDArray[np.int64]:
        count = min(count, len(self.keys))
        out = np.full((len(vectors), count), -1, np.int64)
        if not count:
            return out
        for i, found in enumerate(self.ask(np.ascontiguousarray(vectors, np.float32), count)):
            ids = np.frombuffer(b"".join(found), np.uint8).reshape(-1, 16)
            rows = self.keys.rows_of(ids)
            rows = rows[rows >= 0]  # the server may hold more: withdrawn, or newer than this generation
            out[i, : len(rows)] = rows
        return out

    def take(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float16]:
        return load_vectors(self.encoder, self.dimension, self.keys.references[rows])


def package_missing(name: str) -> SimilarityError:
    return SimilarityError(
        "vectors_package_missing",
        _("The package %(name)s is not installed; COLOPHON_VECTORS needs it.") % {"name": name},
    )


def unreachable(error: Exception) -> SimilarityError:
    return SimilarityError(
        "vectors_unreachable",
        _("The vectors of known works cannot be reached just now. Try again in a minute."),
        permanent=False,
        note=str(error),
    )
