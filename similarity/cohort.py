"""The works that scores are compared with: those enrolled now, or those of a calibration that are still here."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from similarity.models import Reference
from similarity.search import ENOUGH_REFERENCES, Index
from similarity.style.fit import Cohort


def cohort_now(index: Index) -> Cohort:
    """Every work in the index that stays, of artists with enough of them; may be empty."""
    return _cohort(index, _facts(Reference.objects.filter(leaving_since=None)))


def cohort_still_here(index: Index, sha256s: NDArray[np.uint8]) -> Cohort:
    """Those of *sha256s* (n × 32) that are in the index, of artists who still have enough of them.

    Works that were asked to leave count until they are gone, so that the same index gives the same cohort.
    """
    wanted = {digest.tobytes().hex() for digest in sha256s}
    return _cohort(index, {pk: fact for pk, fact in _facts(Reference.objects.all()).items() if fact[1] in wanted})


def cohort_sha256(sha256s: NDArray[np.uint8]) -> str:
    """One name for a set of works: SHA-256 over their files' SHA-256, in order."""
    return hashlib.sha256(b"".join(sorted(row.tobytes() for row in sha256s))).hexdigest()


def _facts(works: QuerySet[Reference]) -> dict[UUID, tuple[str, str, str]]:
    """Of each work: the artist's slug, the SHA-256 of its file, its style."""
    rows = works.values_list("pk", "artist__slug", "sha256", "style")
    return {pk: (slug, sha256, style) for pk, slug, sha256, style in rows}


def _cohort(index: Index, facts: Mapping[UUID, tuple[str, str, str]]) -> Cohort:
    found = []
    rows = index.rows
    for row in range(len(rows)):
        fact = facts.get(UUID(bytes=rows.references[row].tobytes()))
        if fact is not None:
            found.append((*fact, row))
    # By slug and file: the same works give the same cohort on every machine, whatever their ids.
    found.sort()
    counts: dict[str, int] = {}
    for slug, *_rest in found:
        counts[slug] = counts.get(slug, 0) + 1
    found = [entry for entry in found if counts[entry[0]] >= ENOUGH_REFERENCES]
    slugs = tuple(sorted({entry[0] for entry in found}))
    columns = {slug: column for column, slug in enumerate(slugs)}
    return Cohort(
        slugs=slugs,
        vectors=rows.vectors[np.array([entry[3] for entry in found], np.int64)],
        sha256s=np.frombuffer(b"".join(bytes.fromhex(entry[1]) for entry in found), np.uint8).reshape(-1, 32),
        own=np.array([columns[entry[0]] for entry in found], np.int64),
        styles=np.array([entry[2] for entry in found], np.str_),
    )
