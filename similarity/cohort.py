"""The works that scores are compared with: those enrolled now, or those of a calibration that are still here."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from similarity.models import Reference
from similarity.search import ENOUGH_REFERENCES, Index
from similarity.style.fit import Cohort


def cohort_now(index: Index) -> Cohort:
    """Every work in the index that stays, of artists with enough of them; may be empty."""
    return _cohort(index, {}, least=ENOUGH_REFERENCES)


def cohort_still_here(index: Index, sha256s: NDArray[np.uint8]) -> Cohort:
    """Those of *sha256s* (n × 32) that are in the index and stay, of artists who still have enough of them."""
    return _cohort(index, dict.fromkeys(digests(sha256s)), least=ENOUGH_REFERENCES)


def cohort_sha256(sha256s: NDArray[np.uint8]) -> str:
    """One name for a set of works: SHA-256 over their files' SHA-256, in order."""
    return hashlib.sha256(b"".join(sorted(row.tobytes() for row in sha256s))).hexdigest()


def digests(sha256s: NDArray[np.uint8]) -> Iterable[str]:
    return (row.tobytes().hex() for row in sha256s)


def _cohort(index: Index, only: dict[str, None], *, least: int) -> Cohort:
    facts = {
        pk: (slug, sha256, style)
        for pk, slug, sha256, style in Reference.objects.filter(leaving_since=None).values_list(
            "pk", "artist__slug", "sha256", "style"
        )
    }
    found = []
    rows = index.rows
    for row in range(len(rows)):
        fact = facts.get(UUID(bytes=rows.references[row].tobytes()))
        if fact is not None and (not only or fact[1] in only):
            found.append((fact[0], fact[1], fact[2], row))
    # By slug and file: the same works give the same cohort on every machine, whatever their ids.
    found.sort()
    counts: dict[str, int] = {}
    for slug, *_rest in found:
        counts[slug] = counts.get(slug, 0) + 1
    found = [entry for entry in found if counts[entry[0]] >= least]
    slugs = tuple(sorted({entry[0] for entry in found}))
    columns = {slug: column for column, slug in enumerate(slugs)}
    return Cohort(
        slugs=slugs,
        vectors=rows.vectors[np.array([entry[3] for entry in found], np.int64)],
        sha256s=np.frombuffer(b"".join(bytes.fromhex(entry[1]) for entry in found), np.uint8).reshape(-1, 32),
        own=np.array([columns[entry[0]] for entry in found], np.int64),
        styles=np.array([entry[2] for entry in found], np.str_),
    )
