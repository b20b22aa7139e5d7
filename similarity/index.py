"""The index of the rows as they are at this moment: one for the process, brought up to date before each search."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from structlog import get_logger

from similarity import generations
from similarity.build_index import build_index
from similarity.errors import SimilarityError
from similarity.generation import open_generation
from similarity.rows import Rows, load_rows_of
from similarity.search import ArtistScore, Hit, Index
from similarity.stores.store import adapter
from similarity.watermark import changes_after, watermark_of, withdrawn_since

__all__ = ["ArtistScore", "Hit", "Index", "forget", "open_index"]

log = get_logger(__name__)

# A reader that would keep more works than this in its own memory makes a generation of them instead.
MOST_NEW = 5_000
_TRIES = 3

_opening = threading.Lock()
_swapping = threading.Lock()
_open: dict[tuple[str, str], Index] = {}
_tried: dict[tuple[str, str], Path] = {}
_asked_until: dict[tuple[str, str], float] = {}


def open_index(*, encoder: str, dimension: int) -> Index:
    """The index of the rows as they are now: all that was committed before this call, nothing that was withdrawn.

    It is kept for the process until the rows change. A missing generation is built; a damaged one is
    reported in the log, thrown away and built anew; so is one that holds what was withdrawn long ago, on a
    machine whose index folder no maintenance run reaches. Raises ``SimilarityError``: ``index_unreadable``,
    or as ``build_index``.
    """
    kind = adapter().kind
    key = (kind, encoder)
    number = watermark_of(encoder)
    current = _open.get(key)
    if current is None or not _is_current(current, number, dimension):
        with _opening:
            current = _open.get(key)
            if current is None or not _is_current(current, number, dimension):
                followed = _followed(current, encoder, dimension, number) if current else None
                current = _open[key] = followed or _opened(encoder, dimension, number)
    newest = _newest_after(current)
    is_due = _is_overdue(current, key) if newest is None else _tried.get(key) != newest
    if is_due and _swapping.acquire(blocking=False):
        # One thread pays for the building and hashing; the others go on with what they have, which says the same.
        try:
            _tried[key] = newest or build_index(encoder=encoder, dimension=dimension)
            if newer := _published(encoder, dimension, watermark_of(encoder)):
                current = _open[key] = newer
        except SimilarityError as error:
            log.error("index_not_replaced", code=error.code, exc_info=error)
        finally:
            _swapping.release()
    return current


def forget() -> None:
    """Close every index of this process; the next search opens one anew."""
    _open.clear()
    _asked_until.clear()


def _is_current(index: Index, number: int, dimension: int) -> bool:
    return index.number == number and index.generation.manifest.dimension == dimension


def _newest_after(index: Index) -> Path | None:
    """A generation published since this one, if the process keeps changes of its own that it would save."""
    if not len(index.new) and not len(index.dead):
        return None
    newest = next(iter(generations.generations(index.generation.manifest.encoder)), None)
    own = index.generation.manifest.watermark
    return newest if newest and own < generations.watermark_in(newest) <= index.number else None


def _is_overdue(index: Index, key: tuple[str, str]) -> bool:
    """Whether its generation holds a vector that went before the last maintenance run. Looked up once between runs."""
    now = time.monotonic()
    if not len(index.dead) or now < _asked_until.get(key, now):
        return False
    _asked_until[key] = now + settings.WITHDRAWAL_SECONDS
    manifest = index.generation.manifest
    last_run = time.time_ns() // 1_000_000 - round(settings.WITHDRAWAL_SECONDS * 1000)
    return withdrawn_since(manifest.encoder, manifest.watermark, up_to=last_run)


def _opened(encoder: str, dimension: int, number: int) -> Index:
    if published := _published(encoder, dimension, number):
        return published
    for attempt in range(_TRIES):
        path = build_index(encoder=encoder, dimension=dimension)
        try:
            return _fresh(path, encoder, dimension)
        except generations.Damaged as damage:
            # While many works are added, tidied away before it was read.
            log.error("index_damaged", generation=path.name, why=str(damage))
            if attempt == _TRIES - 1:
                raise SimilarityError(
                    "index_unreadable",
                    _("The index of known works cannot be read. It is built anew; try again in a minute."),
                    permanent=False,
                    note=str(damage),
                ) from damage
    raise AssertionError("unreachable")


def _published(encoder: str, dimension: int, number: int) -> Index | None:
    """The newest sound generation, brought up to *number*; None where none leads there."""
    for path in generations.generations(encoder):
        try:
            index = _fresh(path, encoder, dimension)
        except generations.OtherKind:
            continue
        except generations.Damaged as damage:
            if path.exists():  # else it was tidied away just now
                generations.discard(path, why=str(damage))
            continue
        if followed := _followed(index, encoder, dimension, number):
            return followed
    return None


def _fresh(path: Path, encoder: str, dimension: int) -> Index:
    """A generation as it was made. Raises ``generations.Damaged``."""
    generation = open_generation(path, adapter(), encoder=encoder, dimension=dimension)
    return Index(generation, generation.manifest.watermark, _no_rows(dimension), np.empty(0, np.int64))


def _followed(index: Index, encoder: str, dimension: int, number: int) -> Index | None:
    """*index* with what changed up to *number* at least; None when the log does not tell, or tells too much."""
    if index.generation.manifest.dimension != dimension:
        return None
    if index.number == number:
        return index
    if index.number > watermark_of(encoder):  # the database went back to a backup
        return None
    changes = changes_after(encoder, index.number, up_to=number, most=MOST_NEW - len(index.new) - len(index.dead))
    if changes is None:
        return None
    reached, added, withdrawn = changes
    left = index.without(withdrawn)
    return replace(left, number=reached, new=left.new.joined(load_rows_of(encoder, dimension, added)))


def _no_rows(dimension: int) -> Rows:
    ids = np.empty((0, 16), np.uint8)
    return Rows(ids, ids, np.empty((0, 32), np.uint8), np.empty((0, dimension), np.float16))
