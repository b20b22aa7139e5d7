"""Make an index generation from the rows: one builder at a time, complete or absent."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from structlog import get_logger

from similarity import generations
from similarity.artist_scores import artist_slices
from similarity.errors import SimilarityError
from similarity.generation import KEYS, PROTOTYPES, file_of
from similarity.prototypes import NOMINATED, prototypes_of
from similarity.rows import Rows, load_rows
from similarity.stores import store
from similarity.stores.store import Adapter, adapter
from similarity.watermark import tidy_changes, withdrawn_since

log = get_logger(__name__)

# Machines that share the database but not the index folder catch up by the log within this time.
_LOG_KEPT_SECONDS = 86_400.0


def build_index(*, encoder: str, dimension: int, force: bool = False) -> Path:
    """Publish a generation of the rows as they are now, and return its folder.

    A sound generation of the same rows is kept as it is, unless *force*; those that hold a vector which
    went since are removed. Of several processes that ask at once, one builds and the others find its
    result. Raises ``SimilarityError``: ``index_unwritable`` (may pass, once there is room),
    ``vector_unreadable``, or as the store.
    """
    kind = adapter()
    try:
        with generations.build_lock(encoder):
            generations.tidy(encoder)
            held = kind.held(encoder, dimension)
            watermark, rows = load_rows(encoder, dimension)
            for path in generations.generations(encoder):
                if generations.watermark_in(path) > watermark:  # the database went back to a backup
                    generations.remove(path)
            present = generations.of_watermark(encoder, watermark)
            if not present or force or not _is_sound(present, kind, encoder=encoder, dimension=dimension):
                replaced, present = present, _publish(encoder, dimension, watermark, rows, kind, held)
                if replaced and replaced.exists():
                    generations.remove(replaced)
                generations.tidy(encoder)
            _remove_outdated(encoder, but=present)
    except OSError as error:
        raise SimilarityError(
            "index_unwritable",
            _("The index of known works cannot be written. The operator must make room in the data folder."),
            permanent=False,
            note=str(error),
        ) from error
    oldest = min(map(generations.watermark_in, generations.generations(encoder)), default=0)
    tidy_changes(encoder, before=oldest, kept_seconds=_LOG_KEPT_SECONDS)
    return present


def outdated(encoder: str) -> list[Path]:
    """Generations here that hold a vector which went since they were made, or of which the log does not tell that."""
    return [
        path for path in generations.generations(encoder) if withdrawn_since(encoder, generations.watermark_in(path))
    ]


def _remove_outdated(encoder: str, *, but: Path) -> None:
    removed = [path for path in outdated(encoder) if path != but]
    for path in removed:
        generations.remove(path)
    if removed:
        log.info("outdated_indexes_removed", encoder=encoder[:12], generations=len(removed))


def _is_sound(path: Path, kind: Adapter, *, encoder: str, dimension: int) -> bool:
    try:
        generations.verify(path, encoder=encoder, dimension=dimension, kind=kind.kind)
    except generations.OtherKind:
        generations.remove(path)
        return False
    except generations.Damaged as damage:
        generations.discard(path, why=str(damage))
        return False
    return True


def _publish(encoder: str, dimension: int, watermark: int, rows: Rows, kind: Adapter, held: Any) -> Path:
    written = kind.write(encoder, rows, held)
    files: dict[str, bytes | memoryview] = {file_of(name): _npy(getattr(rows, name)) for name in KEYS}
    artists = artist_slices(rows.artists)
    if len(artists) > NOMINATED and (kind.kind != "faiss" or len(rows) > store.EXACT_UP_TO):
        prototypes = prototypes_of(rows.vectors, artists)
        arrays: tuple[NDArray[Any], ...] = (prototypes.vectors, prototypes.starts)
        files |= {file_of(name): _npy(array) for name, array in zip(PROTOTYPES, arrays, strict=True)}
    files |= written.files
    manifest = generations.manifest_for(
        encoder=encoder,
        dimension=dimension,
        count=len(rows),
        watermark=watermark,
        kind=kind.kind,
        files=files,
        search=written.search,
    )
    path = generations.publish(manifest, files)
    log.info("index_built", works=len(rows), watermark=watermark, sha256=manifest.sha256, **written.search)
    return path


def _npy(array: NDArray[Any]) -> memoryview:
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array), allow_pickle=False)
    return out.getbuffer()
