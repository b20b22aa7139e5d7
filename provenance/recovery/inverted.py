"""The inverted file: for each visual word, the pictures that have it. Nominates; never decides. Pure.

A segment never changes. Searching compares 64-bit signatures inside the lists of a feature's words, and
then asks which pictures' matches agree on one turn and one size (weak geometry: Jégou et al. 2008).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from provenance.recovery.words import RECORD, book, file_under, placed
from similarity.matching.features import Features

POSTING = np.dtype([("signature", "<u8"), ("row", "<u4"), ("size", "u1"), ("angle", "u1")])
PROBES = 3
# Signatures (64 bits) of the same structure differ in about 12 bits, of others in 32 (measured).
_NEAR = 20
_SHORTLIST = 400
_TURNS, _SIZES = 16, 32


@dataclass(frozen=True)
class Segment:
    """``starts`` (words + 1) index ``postings``, which are ordered by word; ``rows`` pictures are in it."""

    starts: NDArray[np.int64]
    signatures: NDArray[np.uint64]
    owners: NDArray[np.uint32]
    sizes: NDArray[np.uint8]
    angles: NDArray[np.uint8]
    rows: int


def segment_of(packed: list[bytes]) -> Segment:
    """A segment over pictures' packed features (``words.pack``), in their order."""
    counts = [len(data) // RECORD.itemsize for data in packed]
    records = np.frombuffer(b"".join(packed), RECORD)
    owners = np.repeat(np.arange(len(packed), dtype=np.uint32), counts)
    order = np.argsort(records["word"], kind="stable")
    starts = np.searchsorted(records["word"][order], np.arange(len(book()) + 1))
    return Segment(
        starts.astype(np.int64),
        np.ascontiguousarray(records["signature"][order]),
        owners[order],
        np.ascontiguousarray(records["size"][order]),
        np.ascontiguousarray(records["angle"][order]),
        len(packed),
    )


@dataclass(frozen=True)
class Asked:
    """A query's features, upright and in the mirror, filed under their words: asked of each segment."""

    words: NDArray[np.int64]
    signatures: NDArray[np.uint64]
    sizes: NDArray[np.int16]
    angles: NDArray[np.int16]
    mirrored: NDArray[np.bool_]


def asked(features: Features) -> Asked:
    both = (features, features.mirrored())
    filed = [file_under(one.descriptors, probes=PROBES) for one in both]
    rows = np.concatenate([placed(one) for one in both])
    return Asked(
        np.concatenate([one.words for one in filed]),
        np.concatenate([one.signatures for one in filed]),
        rows["size"].astype(np.int16),
        rows["angle"].astype(np.int16),
        np.arange(len(rows)) >= len(features),
    )


def scores(segment: Segment, query: Asked) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows that may show the query's picture, and how strongly: best first, at most ``_SHORTLIST``."""
    features, postings, weights = _votes(segment, query)
    if not len(postings):
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    owners = segment.owners[postings]
    totals = np.bincount(owners, weights, minlength=segment.rows)
    listed = np.flatnonzero(totals > 0)
    if len(listed) > _SHORTLIST:
        listed = listed[np.argpartition(totals[listed], -_SHORTLIST)[-_SHORTLIST:]]
    place = np.full(segment.rows, -1, np.int64)
    place[listed] = np.arange(len(listed))
    kept = place[owners] >= 0
    return _weakly_consistent(
        segment, query, listed, place[owners[kept]], features[kept], postings[kept], weights[kept]
    )


def _votes(segment: Segment, query: Asked) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pairs of a query feature and a posting with near signatures, and what each is worth."""
    features, postings, weights = [], [], []
    # Seen as plain arrays: slicing a memory map costs more than what is then done with the slice.
    starts, signatures = segment.starts.view(np.ndarray), segment.signatures.view(np.ndarray)
    total = max(len(segment.owners), 1)
    for feature in range(len(query.words)):
        for probe in range(PROBES):
            word = query.words[feature, probe]
            begin, end = starts[word], starts[word + 1]
            if begin == end:
                continue
            apart = np.bitwise_count(signatures[begin:end] ^ query.signatures[feature, probe])
            near = np.flatnonzero(apart <= _NEAR)
            if len(near):
                features.append(np.full(len(near), feature))
                postings.append(near + begin)
                rarity = np.log(total / len(near))
                weights.append((np.exp(-((apart[near] / 16.0) ** 2)) * rarity).astype(np.float32))
    if not postings:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0, np.float32)
    return np.concatenate(features), np.concatenate(postings), np.concatenate(weights)


def _weakly_consistent(
    segment: Segment,
    query: Asked,
    listed: NDArray[np.int64],
    place: NDArray[np.int64],
    features: NDArray[np.int64],
    postings: NDArray[np.int64],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Count only matches that agree on the turn, the size, and whether there is a mirror."""
    turn = (query.angles[features] - segment.angles[postings].astype(np.int16)) % 256 // (256 // _TURNS)
    size = np.clip((query.sizes[features] - segment.sizes[postings].astype(np.int16)) // 8 + _SIZES // 2, 0, _SIZES - 1)
    shape = (len(listed), 2, _TURNS, _SIZES)
    cell = np.ravel_multi_index((place, query.mirrored[features].astype(np.int64), turn, size), shape)
    votes = np.bincount(cell, weights, minlength=int(np.prod(shape))).reshape(shape)
    smooth = votes + np.roll(votes, 1, axis=2)
    smooth = smooth + np.concatenate([np.zeros_like(smooth[..., :1]), smooth[..., :-1]], axis=3)
    best = smooth.reshape(len(listed), -1).max(axis=1)
    order = np.argsort(-best, kind="stable")
    return listed[order], best[order].astype(np.float32)
