"""Judging: one calibration and one index together, ready to decide about vectors."""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from similarity.artist_scores import BEST_K, best_means
from similarity.calibration import numbers_of, threshold_at
from similarity.cohort import cohort_still_here
from similarity.index import ArtistScore, Index
from similarity.models import Artist, Calibration
from similarity.style import content as content_lane
from similarity.style.conformal import Threshold, p_value
from similarity.style.decide import INSUFFICIENT, NOT_CALIBRATED, Candidate, ContentCheck, Decision, Ratio, decide
from similarity.style.fit import Cohort
from similarity.style.fitted import Fitted
from similarity.style.scores import ImageScores, Scale, normalise, resampled, without_own

Vectors = NDArray[np.float32]

# A share of the cohort that may be missing: artists withdraw works. Beyond it, scores are no longer those calibrated.
MAY_BE_MISSING = 0.05
# A runner-up counts as behind when it is in this share of bootstrapped bodies of work.
SEPARATE = 0.95
_ROUNDS = 200
# Numbers, 4 bytes each: 100 MB.
_WIDENED = 25_000_000


@dataclass(frozen=True)
class Judge:
    """Decides by *calibration* over the works of *index* that its cohort holds.

    ``cohort`` are those works, A artists; ``fitted`` the numbers, its columns being the artists of when
    they were made. Safe to use from several threads.
    """

    calibration: Calibration
    fitted: Fitted
    cohort: Cohort
    index_sha256: str
    names: dict[str, str]
    artists: dict[UUID, str]
    compared_artists: int
    compared_works: int

    @cached_property
    def columns(self) -> NDArray[np.int64]:
        """Of each artist of the cohort, the column in the fitted numbers."""
        place = {slug: column for column, slug in enumerate(self.fitted.slugs)}
        return np.array([place[slug] for slug in self.cohort.slugs], np.int64)

    @cached_property
    def scale(self) -> Scale:
        return Scale(self.fitted.scale.mean[self.columns], self.fitted.scale.spread[self.columns])

    @cached_property
    def content_lengths(self) -> NDArray[np.floating]:
        return self.fitted.content.lengths(self.cohort.vectors)

    @cached_property
    def vectors(self) -> NDArray[np.floating]:
        """The cohort's vectors, widened once where that is cheap: converting costs more than multiplying."""
        held = self.cohort.vectors
        return held.astype(np.float32) if held.size <= _WIDENED else held

    def is_whole(self) -> bool:
        """Whether enough of the cohort is here for the calibration's scores to be these."""
        return len(self.cohort.own) >= (1 - MAY_BE_MISSING) * len(self.fitted.cohort) and len(self.cohort.slugs) > 1

    def scores(self, vectors: Vectors) -> list[ImageScores]:
        """The scores of m vectors (m × d) with the cohort's artists."""
        return self._normalised(best_means(vectors, self.vectors, self.cohort.slices))

    def _normalised(self, raw: Vectors) -> list[ImageScores]:
        normalised = normalise(raw, self.calibration.strategy, self.scale)
        counts = np.bincount(self.cohort.own, minlength=len(self.cohort.slugs))
        return [ImageScores(self.cohort.slugs, r, n, counts) for r, n in zip(raw, normalised, strict=True)]

    def _scores(self, vector: Vectors, found: Sequence[ArtistScore]) -> ImageScores:
        """The scores of one vector; those *found* with the index serve where its works are just the cohort's."""
        if self.compared_works == len(self.cohort.own) and len(found) == len(self.cohort.slugs):
            by_slug = {self.artists.get(score.artist): score.score for score in found}
            if by_slug.keys() == set(self.cohort.slugs):
                return self._normalised(np.array([[by_slug[slug] for slug in self.cohort.slugs]], np.float32))[0]
        return self.scores(vector[None, :])[0]

    def p_value(self, statistic: float) -> float:
        """How often the background scores as high, of units that weigh the same; never 0."""
        return p_value(statistic, self.fitted.statistics, self.fitted.unit)

    def ratio(self, normalised: float) -> Ratio:
        log10, low, high = self.fitted.ratio.log10(normalised)
        return Ratio(log10, low, high, self.fitted.ratio.cap)

    def decide(
        self,
        vector: Vectors,
        found: Sequence[ArtistScore] = (),
        *,
        alpha: float | None = None,
        too_few: float | None = None,
    ) -> Decision:
        """The decision about one vector (d,). *found*: what the index says of it, best first; an artist with too
        few works, who is nearest of all, is told from that alone. Without it *too_few* is what was seen of them."""
        if found:
            too_few = nearest_with_too_few(found)
        facts = self.facts(alpha) | {"too_few": too_few}
        threshold = threshold_at(self.calibration, facts["alpha"])
        if threshold is None or not self.is_whole():
            reason = "cohort_changed" if threshold else "level_not_attainable"
            statistic = self._scores(vector, found).statistic if self.cohort.slugs else None
            return Decision(
                outcome=NOT_CALIBRATED, reasons=(reason,), statistic=statistic, **{**facts, "guarantee": ""}
            )
        scores = self._scores(vector, found)
        assert threshold.value is not None
        best = int(scores.order()[0])
        return decide(
            scores,
            threshold=threshold.value,
            names=lambda slug: self.names.get(slug, slug),
            separate=lambda a, b: self._separate(vector, a, b),
            content=lambda group: self.content_check(vector, group, float(scores.normalised[group[0]])),
            nearer_unjudged=too_few is not None and self._small_passes(too_few, scores, threshold.value),
            p_value=self.p_value(scores.statistic),
            lr=self.ratio(float(scores.normalised[best])),
            **facts,
        )

    def facts(self, alpha: float | None = None) -> dict[str, Any]:
        """What every decision of this judge says of itself."""
        level = settings.STYLE_ALPHA if alpha is None else alpha
        threshold: Threshold | None = threshold_at(self.calibration, level)
        return {
            "domain": self.calibration.domain,
            "alpha": level,
            "guarantee": threshold.guarantee if threshold else "none",
            "strategy": self.calibration.strategy,
            "unjudged": {
                "artists": self.compared_artists - len(self.cohort.slugs),
                "works": self.compared_works - len(self.cohort.own),
            },
            "calibration": {"id": str(self.calibration.pk), "sha256": self.calibration.sha256},
            "cohort": self.calibration.cohort,
            "encoder": self.calibration.encoder,
            "index": self.index_sha256,
            "n": self.calibration.units,
        }

    def content_check(self, vector: Vectors, group: Sequence[int], normalised: float) -> ContentCheck:
        """Whether works with the same content, by others than the *group*, resemble its first artist as much.

        Artists are columns of the cohort. *normalised* is the vector's score with the first.
        """
        artist, space = group[0], self.fitted.content
        near_to = space.similarities(space.of(vector[None, :])[0], self.vectors, self.content_lengths)
        mine = np.sort(near_to[self.cohort.own == artist])[::-1][:BEST_K]
        similarity, limit = float(mine.mean()), float(self.fitted.content_limits[self.columns[artist]])
        if similarity < limit:
            return ContentCheck(near=False, similarity=similarity, limit=limit)
        others = np.flatnonzero(~np.isin(self.cohort.own, group))
        controls = others[np.argsort(-near_to[others], kind="stable")[: content_lane.CONTROLS]]
        scored = self.held_out(controls, unknown=True)[:, artist]
        p = content_lane.control_p(normalised, scored)
        return ContentCheck(
            near=True, similarity=similarity, limit=limit, p=p, impostors=len(controls), upheld=p <= content_lane.UPHELD
        )

    def held_out(self, works: NDArray[np.int64], *, unknown: bool = False) -> NDArray[np.floating]:
        """Normalised scores (w × A) of works of the cohort, each compared with all others but itself.

        *unknown*: as if its artist were not here; -inf in that column.
        """
        vectors = self.vectors[works].astype(np.float32)
        raw = best_means(vectors, self.vectors, self.cohort.slices, skipped=works)
        return normalise(
            without_own(raw, self.cohort.own[works]) if unknown else raw, self.calibration.strategy, self.scale
        )

    def _separate(self, vector: Vectors, ahead: int, behind: int) -> bool:
        """Whether *ahead* would be ahead with other works by both, in all but a few of ``_ROUNDS`` draws."""
        drawn = []
        for artist in (ahead, behind):
            similar = self.vectors[self.cohort.own == artist].astype(np.float32) @ vector
            means = resampled(similar, best=BEST_K, rounds=_ROUNDS)
            if self.calibration.strategy in ("artist", "both"):
                means = (means - self.scale.mean[artist]) / self.scale.spread[artist]
            drawn.append(means)
        return bool((drawn[0] > drawn[1]).mean() >= SEPARATE)

    def _small_passes(self, small: float, scores: ImageScores, threshold: float) -> bool:
        """Whether a raw score would pass, on the scale of the middle artist of the cohort; an infinite one does."""
        if math.isinf(small):
            return True
        mean, spread = float(np.median(self.scale.mean)), float(np.median(self.scale.spread))
        scale = Scale(np.append(self.scale.mean, mean), np.append(self.scale.spread, spread))
        both = np.append(scores.raw, small)[None, :]
        return bool(normalise(both, self.calibration.strategy, scale)[0, -1] > threshold)


def nearest_with_too_few(found: Sequence[ArtistScore]) -> float | None:
    """The score of the first of *found*, best first, if they have too few works to be judged."""
    return found[0].score if found and not found[0].sufficient else None


def not_judged(
    found: Sequence[ArtistScore], named: Mapping[UUID, tuple[str, str]], reason: str, **facts: Any
) -> Decision:
    """What is said where no calibration judges: how near the nearest is of *found*, best first, with enough works.

    *named* holds names and slugs of those nearest; *reason* is why nobody judges.
    """
    nearest = next((score for score in found if score.sufficient and score.artist in named), None)
    if nearest is None:
        return Decision(outcome=INSUFFICIENT, reasons=("no_artist_has_enough",), **facts)
    name, slug = named[nearest.artist]
    told = Candidate(slug, name, nearest.score, None, nearest.references)
    return Decision(outcome=NOT_CALIBRATED, reasons=(reason,), statistic=nearest.score, runner_up=told, **facts)


_opening = threading.Lock()
_open: dict[tuple[UUID, str], Judge] = {}
_KEPT = 8


def open_judge(index: Index, *, encoder: str, domain: str) -> Judge | None:
    """The judge of the calibration in force for *encoder* and *domain*, kept for the process; None without one.

    Raises ``SimilarityError`` ``calibration_damaged``.
    """
    in_force = Calibration.objects.filter(encoder=encoder, domain=domain, state=Calibration.State.ACCEPTED).order_by()
    key = next(iter(in_force.values_list("pk", "sha256")), None)
    if key is None:
        return None
    return _held(key, index) or judge_of(Calibration.objects.light().get(pk=key[0]), index)


def judge_of(calibration: Calibration, index: Index) -> Judge:
    """The judge of any calibration, also of a draft, over the works as they are now. Raises as ``open_judge``."""
    key = (calibration.pk, calibration.sha256)
    with _opening:
        judge = _held(key, index)
        if judge is None:
            fitted = numbers_of(calibration)
            known = list(Artist.objects.filter(slug__in=fitted.slugs).values_list("pk", "slug", "name"))
            judge = Judge(
                calibration=calibration,
                fitted=fitted,
                cohort=cohort_still_here(index, fitted.cohort),
                index_sha256=index.sha256,
                names={slug: name for _pk, slug, name in known},
                artists={pk: slug for pk, slug, _name in known},
                compared_artists=index.artist_count,
                compared_works=len(index),
            )
            _open.pop(key, None)  # one of works that are no longer these would only take up memory
            while len(_open) >= _KEPT:
                del _open[next(iter(_open))]
            _open[key] = judge
        return judge


def _held(key: tuple[UUID, str], index: Index) -> Judge | None:
    judge = _open.get(key)
    return judge if judge is not None and judge.index_sha256 == index.sha256 else None
