"""Make a calibration: fit it to what is enrolled now, and say what it would change."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity.calibration import numbers_of, sha256_of
from similarity.cohort import cohort_now, cohort_sha256
from similarity.encoder_files import trained_on
from similarity.errors import SimilarityError
from similarity.index import Index, open_index
from similarity.judge import judge_of
from similarity.models import Audit, Calibration
from similarity.style.conformal import CONFIDENCE, MOST_CONFIDENCE
from similarity.style.fit import Background, Cohort, fit
from similarity.style.scores import STRATEGIES

LEAST_ARTISTS = 2
# Of the audits that would change, this many are named.
NAMED = 20
_AT_ONCE = 500


@dataclass(frozen=True)
class Change:
    """A stored audit, of a picture or of a set, and how it would come out: with which outcome, naming whom.

    ``image_sha256`` is the picture's, empty of a set.
    """

    audit: UUID
    before: str
    after: str
    artist_before: str
    artist_after: str
    image_sha256: str = ""

    @property
    def otherwise(self) -> bool:
        return (self.before, self.artist_before) != (self.after, self.artist_after)


@dataclass(frozen=True)
class Changes:
    """What a draft would change: of how many stored audits that could be judged again, which."""

    compared: int
    counts: dict[tuple[str, str], int]
    named: list[Change]


def check(strategy: str | None, confidence: float) -> None:
    """Refuse, before anything is rendered or computed, what ``calibrate`` cannot be asked for.

    Raises ``SimilarityError``: ``unknown_strategy``, ``bad_confidence``.
    """
    if strategy is not None and strategy not in STRATEGIES:
        message = _("There is no strategy “%(name)s”: choose from %(names)s.")
        raise SimilarityError("unknown_strategy", message % {"name": strategy, "names": ", ".join(STRATEGIES)})
    if not CONFIDENCE <= confidence <= MOST_CONFIDENCE:
        message = _("The confidence must be from %(least)s to %(most)s.")
        raise SimilarityError("bad_confidence", message % {"least": CONFIDENCE, "most": MOST_CONFIDENCE})


def calibrate(
    *,
    encoder: str,
    dimension: int,
    domain: str,
    background: Background | None = None,
    generator: dict[str, Any] | None = None,
    only: set[str] | None = None,
    strategy: str | None = None,
    confidence: float = CONFIDENCE,
    on_step: Callable[[str], None] = lambda step: None,
) -> Calibration:
    """A stored draft for *domain*, fitted to the works that are enrolled now.

    ``uploads`` needs nothing else; *only* names the artists (slugs) whose works count as the background.
    ``generated:…`` needs the *background* and, as *generator*, facts of the model that made it. *confidence* is
    that of the thresholds, where there are enough units for it. Nothing is stored unless all of it was computed.
    Raises ``SimilarityError``: ``too_few_artists``, or as ``check`` and ``open_index``.
    """
    check(strategy, confidence)
    index = open_index(encoder=encoder, dimension=dimension)
    cohort = cohort_now(index)
    if len(cohort.slugs) < LEAST_ARTISTS:
        message = _("Calibrating needs at least %(count)s artists with 10 works each. Import more works.")
        raise SimilarityError("too_few_artists", message % {"count": LEAST_ARTISTS})
    units = None if only is None else np.array([slug in only for slug in cohort.slugs])
    if units is not None and units.sum() < LEAST_ARTISTS:
        message = _("Of the artists named, too few have 10 works here.")
        raise SimilarityError("too_few_artists", message)
    learnt = trained_on(settings.ENCODER)
    fitted, kept, thresholds, figures = fit(
        cohort,
        background=background,
        units=units,
        untrained=None if learnt is None else ~np.isin(cohort.slugs, learnt),
        alpha=settings.STYLE_ALPHA,
        confidence=confidence,
        strategy=strategy,
        on_step=on_step,
    )
    if background is None:
        figures["trained"] = _trained(cohort, learnt, fitted.statistics, fitted.unit)
    previous = Calibration.objects.light().active(encoder=encoder, domain=domain)
    calibration = Calibration(
        encoder=encoder,
        domain=domain,
        strategy=kept,
        thresholds=[threshold.facts() for threshold in thresholds],
        figures=figures,
        generator=generator or {},
        cohort=cohort_sha256(cohort.sha256s),
        works=len(cohort.own),
        artists=len(cohort.slugs),
        units=len(np.unique(fitted.unit)),
        numbers=fitted.to_bytes(),
        previous=previous,
    )
    calibration.sha256 = sha256_of(calibration)
    calibration.save(force_insert=True)
    return calibration


def background_of(calibration: Calibration) -> Background:
    """The generator's pictures a calibration was made with, to make another without rendering.

    Raises ``SimilarityError`` ``no_pictures`` for one that has none.
    """
    numbers = numbers_of(calibration)
    if numbers.vectors is None:
        message = _("That calibration was not made with a model's pictures.")
        raise SimilarityError("no_pictures", message)
    return Background(numbers.vectors.astype(np.float32), numbers.prompts, numbers.seeds)


def changes(calibration: Calibration, index: Index) -> Changes:
    """Which stored audits of its domain and encoder would come out otherwise under *calibration*.

    Those whose vector was kept, and that are no copies and no failures. The audits themselves stay as they are.
    """
    return counted(_judged_again(calibration, index))


def counted(judged_again: Iterable[Change]) -> Changes:
    """How many of them would come out otherwise, and the first of these."""
    compared, counts, named = 0, Counter[tuple[str, str]](), list[Change]()
    for change in judged_again:
        compared += 1
        if not change.otherwise:
            continue
        counts[change.before, change.after] += 1
        if len(named) < NAMED:
            named.append(change)
    return Changes(compared, dict(counts), named)


def _judged_again(calibration: Calibration, index: Index) -> Iterator[Change]:
    judge = judge_of(calibration, index)
    for audit in _judged(calibration):
        vector = np.frombuffer(bytes(audit.vector or b""), "<f4")
        decision = judge.decide(vector, index.artist_scores(vector))
        group = [candidate["artist"] for candidate in audit.decision.get("candidates", ())] or [audit.artist_name]
        yield Change(
            audit=audit.pk,
            before=str(audit.outcome),
            after=decision.outcome,
            artist_before=", ".join(group) if audit.outcome in Audit.NAMING else "",
            artist_after=", ".join(candidate.artist for candidate in decision.candidates),
            image_sha256=audit.image_sha256,
        )


def _judged(calibration: Calibration) -> Iterator[Audit]:
    audits = Audit.objects.filter(encoder=calibration.encoder, domain=calibration.domain, vector__isnull=False)
    audits = audits.exclude(outcome__in=[Audit.Outcome.COPY, Audit.Outcome.FAILED]).order_by("-created_at", "pk")
    return audits.iterator(chunk_size=_AT_ONCE)


def _trained(
    cohort: Cohort, learnt: list[str] | None, statistics: NDArray[np.floating], unit: NDArray[np.integer]
) -> dict[str, Any]:
    """Whether artists the encoder learnt from score otherwise as unknown ones than artists it never saw."""
    if learnt is None:
        return {"known": False}
    is_learnt = np.isin(cohort.slugs, learnt)
    seen = is_learnt[unit]
    return {
        "known": True,
        "artists": int(is_learnt[np.unique(unit)].sum()),
        "trained": _tail(statistics[seen]),
        "unseen": _tail(statistics[~seen]),
    }


def _tail(statistics: NDArray[np.floating]) -> dict[str, float] | None:
    if not len(statistics):
        return None
    values: Sequence[float] = np.round(np.quantile(statistics, [0.5, 0.95, 0.99]), 4).tolist()
    return dict(zip(("median", "q95", "q99"), values, strict=True))
