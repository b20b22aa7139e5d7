"""Read, decode and prepare pictures in threads while the encoder works, and embed them in batches."""

import hashlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from similarity.encoder import Encoder, Vectors
from similarity.errors import SimilarityError
from similarity.fingerprint import image_code
from similarity.kept_pictures import reduced_copy
from similarity.pictures import decode

THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Seen:
    """What became of one item: embedded (``vector`` and ``code``), skipped as known, or refused (``error``).

    ``picture`` is the reduced copy to keep, where that was asked for.
    """

    item: Any
    sha256: str = ""
    code: bytes = b""
    vector: Vectors | None = None
    picture: bytes = b""
    error: SimilarityError | None = None

    @property
    def skipped(self) -> bool:
        return self.vector is None and self.error is None


@dataclass(frozen=True)
class _Ready:
    seen: Seen
    tensor: Any = None


def embed_ahead(
    items: Iterable[Any],
    *,
    read: Callable[[Any], bytes],
    encoder: Encoder,
    batch: int = 32,
    known: Collection[str] | None = None,
    keep_pictures: bool = False,
) -> Iterator[list[Seen]]:
    """Lists of *batch* items, in order, each with its vector or why it has none.

    *read* gives an item's bytes and may raise ``SimilarityError``. With *known*, files of those
    SHA-256s, or that came earlier in this run, are skipped before they are embedded.
    """
    taken = None if known is None else set(known)
    prepared = _in_order(
        items, lambda item: _prepared(item, read, encoder, known or (), keep_pictures), ahead=2 * batch
    )
    while chunk := list(itertools.islice(prepared, batch)):
        fresh = [ready for ready in chunk if ready.tensor is not None and _is_new(ready.seen.sha256, taken)]
        vectors = dict(zip(map(id, fresh), encoder.embed_prepared([ready.tensor for ready in fresh]), strict=True))
        yield [replace(ready.seen, vector=vectors.get(id(ready))) for ready in chunk]


def _is_new(sha256: str, taken: set[str] | None) -> bool:
    if taken is None:
        return True
    if sha256 in taken:
        return False
    taken.add(sha256)
    return True


def _prepared(
    item: Any, read: Callable[[Any], bytes], encoder: Encoder, known: Collection[str], keep_pictures: bool
) -> _Ready:
    try:
        data = read(item)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in known:
            return _Ready(Seen(item, sha256))
        picture = decode(data)
    except SimilarityError as error:
        return _Ready(Seen(item, error=error))
    small = reduced_copy(picture.rgb) if keep_pictures else b""
    return _Ready(Seen(item, sha256, image_code(picture.rgb), picture=small), encoder.prepare(picture.rgb))


def _in_order(items: Iterable[Any], work: Callable[[Any], _Ready], *, ahead: int) -> Iterator[_Ready]:
    """``map`` in threads that starts at most *ahead* items before they are taken."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[_Ready]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
