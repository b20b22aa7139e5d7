"""The registry's generations on disk: immutable, checksummed, mapped into memory and shared by every process.

Written and published as the index of known works is (``similarity.generations``); but these files are
mapped, not read: at 100,000 pictures they are 350 MB, and each process would hold a copy of its own.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from provenance.recovery.inverted import Segment
from provenance.recovery.words import book
from similarity import generations

_ARRAYS = ("starts", "signatures", "owners", "sizes", "angles")
_ROWS = ("ids", "sources", "subjects", "codes")


@dataclass(frozen=True)
class Held:
    """Registered pictures in the order of a segment, which is that of their ``ids``.

    ``sources`` and ``subjects`` are UUID bytes (n × 16), ``codes`` image-code bodies (n × 32).
    """

    ids: NDArray[np.int64]
    sources: NDArray[np.uint8]
    subjects: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    segment: Segment

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def last(self) -> tuple[int, UUID] | None:
        """Id and source of the newest row: as long as it is there, so are the others."""
        return (int(self.ids[-1]), UUID(bytes=self.sources[-1].tobytes())) if len(self) else None


def name() -> str:
    """Where this vocabulary's generations lie: features filed under other words are no use to them."""
    return f"recovery-{book().fingerprint[:7]}"


def publish(held: Held) -> Path:
    """Write a generation, whole or not at all. Hold ``generations.build_lock(name())``."""
    files = {f"{field}.npy": _npy(getattr(held.segment, field)) for field in _ARRAYS}
    files |= {f"{field}.npy": _npy(getattr(held, field)) for field in _ROWS}
    manifest = generations.manifest_for(
        encoder=name(),
        dimension=len(book()),
        count=len(held),
        watermark=int(held.ids.max(initial=0)),
        kind="inverted",
        files=files,
    )
    return generations.publish(manifest, files)


def newest() -> Held | None:
    """The newest sound generation; damaged ones are reported in the log and taken away."""
    for path in generations.generations(name()):
        try:
            return read(path)
        except generations.Damaged as damage:
            with generations.build_lock(name()):
                generations.discard(path, why=str(damage))
    return None


def read(path: Path) -> Held:
    """Map one generation after hashing every file of it. Raises ``generations.Damaged``."""
    manifest = generations.read_manifest(path)
    if manifest.encoder != name():
        raise generations.Damaged(f"it was made for {manifest.encoder}, not {name()}")
    arrays: dict[str, Any] = {}
    for field in (*_ARRAYS, *_ROWS):
        file = path / f"{field}.npy"
        try:
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            if digest != manifest.files.get(file.name):
                raise generations.Damaged(f"{file.name} has another SHA-256 than its manifest says")
            arrays[field] = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise generations.Damaged(f"{file.name} cannot be read: {error}") from error
    segment = Segment(**{field: arrays[field] for field in _ARRAYS}, rows=manifest.count)
    return Held(**{field: arrays[field] for field in _ROWS}, segment=segment)


def _npy(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()
