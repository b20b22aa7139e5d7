"""What an index asks of the place where vectors are kept: the narrow interface of faiss, pgvector and Milvus.

A store *nominates* rows near a vector; ``similarity.index`` decides, on exact inner products with the
float16 numbers of the SQL rows. So no score depends on how a store rounds, and a store may return too
few rows, or rows that have been withdrawn, but never a wrong answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from similarity.generations import Manifest
from similarity.rows import Keys, Rows

Vectors = NDArray[np.float32]

# Up to here comparing with every row takes milliseconds, and stores do; above, approximate indexes nominate (0016).
EXACT_UP_TO = 200_000


class Store(Protocol):
    """The vectors of one generation, by the numbers of its rows. Safe to ask from several threads."""

    def nominate(self, vectors: Vectors, count: int) -> NDArray[np.int64]:
        """Rows near each vector, m × at most *count*, nearest first; -1 where there are fewer."""

    def take(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float16]:
        """The exact vectors of *rows*; NaN where one has gone since."""


@dataclass(frozen=True)
class Written:
    """What a store adds to a generation: its files, and how it is searched."""

    files: Mapping[str, memoryview] = field(default_factory=dict)
    search: dict[str, float] = field(default_factory=dict)


class Adapter(Protocol):
    """A kind of store. Raises ``SimilarityError`` (``vectors_unreachable``, ``vectors_package_missing``)."""

    kind: str

    def held(self, encoder: str, dimension: int) -> Any:
        """What is there already. Asked before the rows are read: what it holds beyond them was withdrawn."""

    def write(self, encoder: str, rows: Rows, held: Any) -> Written:
        """Make the store hold *rows*; safe to repeat, and to race with another builder."""

    def remove(self, encoder: str, references: Sequence[UUID]) -> None:
        """Take *references* out of what a server holds; safe to repeat, and where it never held any."""

    def open(self, folder: Path, manifest: Manifest, keys: Keys) -> Store:
        """The store of a generation whose files were verified."""


def adapter() -> Adapter:
    """The kind that ``COLOPHON_VECTORS`` names."""
    from similarity.stores.faiss_store import Faiss
    from similarity.stores.milvus_store import Milvus
    from similarity.stores.pgvector_store import Pgvector

    kinds: dict[str, type[Adapter]] = {"faiss": Faiss, "pgvector": Pgvector, "milvus": Milvus}
    return kinds[settings.VECTORS]()
