"""The registry as one process searches it: the newest generation, and what was registered since.

Rows are the truth. A generation on disk holds most of them; each search first looks for rows that are
in neither it nor the small segment held beside it. Rows may be committed out of the order of their ids,
so the last ``_LOOK_BACK`` ids are looked through again each time.
"""

import threading
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from structlog import get_logger

from provenance.recovery import generation_files
from provenance.recovery.generation_files import Held
from provenance.recovery.inverted import Asked, scores, segment_of
from provenance.recovery.models import RegisteredPicture
from provenance.recovery.words import book
from similarity import generations

log = get_logger(__name__)

# More rows than this beside the generation, and a new one is made.
BESIDE = 2_000
_LOOK_BACK = 200


@dataclass(frozen=True)
class Registry:
    """``generation`` is from disk, if there is one; ``beside`` what was registered since, if anything was."""

    generation: Held | None = None
    beside: Held | None = None

    @property
    def parts(self) -> tuple[Held, ...]:
        return tuple(part for part in (self.generation, self.beside) if part is not None and len(part))

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def near_codes(self, codes: list[bytes], *, within: int) -> dict[int, int]:
        """Row id → smallest Hamming distance (of 256) to any of the *codes*, where at most *within*."""
        found: dict[int, int] = {}
        for part in self.parts:
            if not len(part):
                continue
            nearest = np.min([_distances(code, part.codes) for code in codes], axis=0)
            found |= {int(part.ids[row]): int(nearest[row]) for row in np.flatnonzero(nearest <= within)}
        return found

    def sharing_features(self, query: Asked) -> dict[int, float]:
        """Row id → how strongly it shares the query's features; not a probability, best first."""
        found: dict[int, float] = {}
        for part in self.parts:
            rows, strength = scores(part.segment, query)
            found |= {int(part.ids[row]): float(value) for row, value in zip(rows, strength, strict=True)}
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))

    def subjects(self, ids: list[int]) -> dict[int, UUID]:
        """Row id → the version it stands for."""
        found = {}
        for part in self.parts:
            places = np.searchsorted(part.ids, ids)
            for row_id, place in zip(ids, places, strict=True):
                if place < len(part) and part.ids[place] == row_id:
                    found[row_id] = UUID(bytes=part.subjects[place].tobytes())
        return found


_opening = threading.Lock()
_open: Registry | None = None
_seen: set[int] = set()


def open_registry() -> Registry:
    """The registry with every row committed so far, for this process."""
    global _open, _seen
    with _opening:
        if _open is None or not _is_of_these_rows(_open):
            _open = _from_disk()
            _seen = {int(row_id) for part in _open.parts for row_id in part.ids}
        new = _unseen(_seen)
        if new:
            _open = _with(_open, new)
            _seen |= set(new)
        return _open


def _from_disk() -> Registry:
    held = generation_files.newest()
    found = Registry(generation=held)
    return found if _is_of_these_rows(found) else Registry()


def _is_of_these_rows(registry: Registry) -> bool:
    """Whether the newest row of each part is there: not so in a database made anew, or gone back to a backup."""
    last = [part.last for part in registry.parts]
    return all(one is not None and RegisteredPicture.objects.filter(pk=one[0], source=one[1]).exists() for one in last)


def _unseen(seen: set[int]) -> list[int]:
    rows = RegisteredPicture.objects.filter(words=book().fingerprint)
    if seen:
        rows = rows.filter(pk__gt=max(seen) - _LOOK_BACK)
    return [row_id for row_id in rows.order_by("pk").values_list("pk", flat=True) if row_id not in seen]


def _with(registry: Registry, new: list[int]) -> Registry:
    beside = [int(row_id) for row_id in registry.beside.ids] if registry.beside is not None else []
    most = max(BESIDE, len(registry.generation) // 10 if registry.generation is not None else 0)
    if len(beside) + len(new) > most:
        return Registry(generation=build())
    return Registry(generation=registry.generation, beside=held_of(sorted(beside + new)))


def build() -> Held:
    """Publish a generation of all rows as they are now and return it; also what ``rebuild`` does."""
    with generations.build_lock(generation_files.name()):
        generations.tidy(generation_files.name())
        ids = RegisteredPicture.objects.filter(words=book().fingerprint).order_by("pk").values_list("pk", flat=True)
        held = held_of(list(ids))
        path = generation_files.publish(held)
        generations.tidy(generation_files.name())
        log.info("recovery_index_built", pictures=len(held), generation=path.name)
    return generation_files.read(path)


def held_of(ids: list[int]) -> Held:
    """The rows with these *ids* (ascending) as one segment."""
    chosen = set(ids)
    kept: list[int] = []
    packed: list[bytes] = []
    sources, subjects, codes = bytearray(), bytearray(), bytearray()
    fields = ("pk", "source", "subject", "image_code", "features")
    rows = RegisteredPicture.objects.order_by("pk").values_list(*fields)
    if ids:
        rows = rows.filter(pk__gte=ids[0], pk__lte=ids[-1])
    for pk, source, subject, code, features in rows.iterator(chunk_size=2_000) if ids else ():
        if pk in chosen:
            kept.append(pk)
            packed.append(bytes(features))
            sources += source.bytes
            subjects += subject.bytes
            codes += bytes(code)
    return Held(np.array(kept, np.int64), _rows(sources, 16), _rows(subjects, 16), _rows(codes, 32), segment_of(packed))


def _distances(code: bytes, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Hamming distances as ``similarity.fingerprint.distances``, by machine words: a look at 100,000 in 1 ms."""
    words = codes.view(np.ndarray).view(np.uint64)
    apart = np.zeros(len(words), np.int64)
    for column, asked_for in enumerate(np.frombuffer(code, np.uint64)):
        apart += np.bitwise_count(words[:, column] ^ asked_for)
    return apart


def _rows(data: bytearray, width: int) -> NDArray[np.uint8]:
    return np.frombuffer(bytes(data), np.uint8).reshape(-1, width)
