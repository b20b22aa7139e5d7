"""Make an index file from the rows: one builder at a time, complete or absent."""

import shutil
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _
from structlog import get_logger

from similarity import generations
from similarity.errors import SimilarityError
from similarity.rows import Rows, load_rows

log = get_logger(__name__)

# Up to here an exact scan answers in milliseconds; above, an approximate index would nominate (0002).
EXACT_UP_TO = 200_000
KIND = "SQfp16"


def build_index(*, encoder: str, dimension: int, force: bool = False) -> Path:
    """Publish a generation of the rows as they are now, and return its folder.

    A sound generation of the same rows is kept as it is, unless *force*. Of several processes that
    ask at once, one builds and the others find its result. Raises ``SimilarityError``:
    ``index_unwritable`` (may pass, once there is room), ``vector_unreadable``.
    """
    try:
        with generations.build_lock(encoder):
            generations.tidy(encoder)
            watermark, rows = load_rows(encoder, dimension)
            present = generations.of_watermark(encoder, watermark)
            if present and not force and _is_sound(present, encoder=encoder, dimension=dimension, watermark=watermark):
                return present
            published = _publish(encoder, dimension, watermark, rows)
            if present and present.exists():
                shutil.rmtree(present, ignore_errors=True)
            generations.tidy(encoder)
            return published
    except OSError as error:
        raise SimilarityError(
            "index_unwritable",
            _("The index of known works cannot be written. The operator must make room in the data folder."),
            permanent=False,
            note=str(error),
        ) from error


def _is_sound(path: Path, *, encoder: str, dimension: int, watermark: int) -> bool:
    try:
        generations.read(path, encoder=encoder, dimension=dimension, watermark=watermark)
    except generations.Damaged as damage:
        generations.discard(path, why=str(damage))
        return False
    return True


def _publish(encoder: str, dimension: int, watermark: int, rows: Rows) -> Path:
    files = {generations.VECTORS: faiss_bytes(rows), generations.ROWS: rows.to_bytes()}
    manifest = generations.manifest_for(
        encoder=encoder, dimension=dimension, count=len(rows), watermark=watermark, kind=KIND, files=files
    )
    if len(rows) > EXACT_UP_TO:
        log.warning("index_exact_beyond_its_range", works=len(rows), up_to=EXACT_UP_TO)
    path = generations.publish(manifest, files)
    log.info("index_built", works=len(rows), watermark=watermark, sha256=manifest.sha256)
    return path


def faiss_bytes(rows: Rows) -> bytes:
    """An exact inner-product index over the rows' float16 numbers, serialised."""
    import faiss

    index = faiss.IndexScalarQuantizer(rows.vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if len(rows):
        index.add(np.ascontiguousarray(rows.vectors, np.float32))
    return bytes(faiss.serialize_index(index).tobytes())
