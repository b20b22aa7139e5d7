"""An audit's decision computed again, over the works it was made with as far as they are still here, and compared."""

import math
from collections.abc import Container
from datetime import datetime
from typing import Any
from uuid import UUID

from similarity.calibration import numbers_of
from similarity.encoder import Vectors
from similarity.index import Index
from similarity.judge import Judge, nearest_with_too_few, not_judged
from similarity.models import Artist, Calibration, Reference
from similarity.style.decide import NEAREST_HAS_TOO_FEW

TOLERANCE = 1e-4
# What a decision rests on; the rest of it only says where it was made.
MATERIAL = (
    *("outcome", "domain", "reasons", "alpha", "guarantee", "threshold", "strategy", "statistic", "p_value", "lr"),
    *("candidates", "runner_up", "content", "too_few", "calibration", "cohort", "encoder", "n"),
)


def enrolled_since(
    moment: datetime, calibration: Calibration | None, *, named: Container[str] = frozenset()
) -> frozenset[UUID]:
    """Works that came after *moment*, but none of *calibration*'s cohort and none whose file's SHA-256 is *named*.

    Those may have come to this machine later: what is said rests on them all the same.
    """
    since = dict(Reference.objects.filter(created_at__gt=moment).order_by().values_list("pk", "sha256"))
    cohort = {row.tobytes().hex() for row in numbers_of(calibration).cohort} if since and calibration else set()
    return frozenset(pk for pk, sha256 in since.items() if sha256 not in cohort and sha256 not in named)


def decided(decision: dict[str, Any], vector: Vectors, then: Index, judge: Judge | None) -> dict[str, Any]:
    """What comes out about *vector* now, as ``Audit.decision`` holds it, by the level that *decision* was made with.

    *then* are the works of then. Without *judge* the reason why nobody judged is as *decision* has it.
    """
    if judge is not None:
        too_few = _too_few(decision, vector, then)
        return judge.decide(vector, alpha=decision.get("alpha"), too_few=too_few).facts()
    found = then.artist_scores(vector)
    nearest = [score.artist for score in found if score.sufficient][:1]
    named = {artist.pk: (artist.name, artist.slug) for artist in Artist.objects.filter(pk__in=nearest)}
    reason = next(iter(decision.get("reasons") or ()), "")
    facts = {name: str(decision.get(name) or "") for name in ("domain", "encoder", "index")}
    return not_judged(found, named, reason, **facts).facts()


def is_as_audited(decision: dict[str, Any], then: Index) -> bool:
    """Whether *then* holds all works that *decision* was made with, and no others."""
    return then.sha256 == decision.get("index")


def differing(said: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Fields of two decisions that are not the same, of those that matter."""
    said = {"too_few": found.get("too_few")} | said  # decisions made before it was written down do not hold it
    if found.get("too_few") == math.inf:  # one of those was taken at its word
        found = found | {"too_few": said["too_few"]}
    return [name for name in MATERIAL if not same(said.get(name), found.get(name))]


def same(one: Any, other: Any, *, within: float = TOLERANCE) -> bool:
    """Whether two JSON values say the same; numbers may differ by *within*, as they do between processors."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(*each, within=within) for each in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        one, other = nameless(one), nameless(other)
        return one.keys() == other.keys() and all(same(one[name], other[name], within=within) for name in one)
    if isinstance(one, float) and isinstance(other, int | float):
        return one == other or abs(one - other) <= within
    return bool(one == other)


def nameless(entry: dict[str, Any]) -> dict[str, Any]:
    """*entry* without the name of an artist whom its slug says: profiles may be renamed."""
    return {name: each for name, each in entry.items() if not (name == "artist" and "slug" in entry)}


def _too_few(decision: dict[str, Any], vector: Vectors, then: Index) -> float | None:
    """What was seen of an artist with too few works: computed where all works of then are here, else as it is said.

    A decision made before that was written down only says whether it passed: then it is infinite.
    """
    if is_as_audited(decision, then):
        return nearest_with_too_few(then.artist_scores(vector))
    passed = NEAREST_HAS_TOO_FEW in (decision.get("reasons") or ())
    said: float | None = decision.get("too_few", math.inf if passed else None)
    return said
