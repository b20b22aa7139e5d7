"""Judge many pictures at once: what one person sent, what one model made."""

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity.errors import SimilarityError
from similarity.index import open_index
from similarity.judge import SEPARATE, Judge, Vectors, open_judge
from similarity.models import Audit, Calibration
from similarity.style import sets
from similarity.style.conformal import CONFIDENCE, Threshold, p_value, threshold_of_artists, threshold_of_images
from similarity.style.decide import AMBIGUOUS, GROUP, NO_KNOWN_ARTIST, NOT_CALIBRATED, STYLE_MATCH
from similarity.style.scores import STRATEGIES

Floats = NDArray[np.floating]

SHOWN = 10
_ROUNDS = 200
_SEED = 20261128


@dataclass(frozen=True)
class Lean:
    """How a set leans on one artist: mean normalised score, on how many groups they are nearest, e-process.

    ``fortune`` is the largest base-10 logarithm the artist's e-process had, None where nobody was watched; ``alarm``
    says that it reached the bound of the set's ``Watch``.
    """

    slug: str
    artist: str
    mean: float
    nearest: int
    references: int
    fortune: float | None
    alarm: bool


@dataclass(frozen=True)
class Watch:
    """That each of ``artists`` was watched, group after group, from the first of this set to its last.

    With ``confidence`` over the ``units`` neutral pictures it is measured on, any of them has a fortune of ``bound``
    (base-10 logarithm) anywhere along the way with probability alpha at most, while the groups are independent
    and drawn as those pictures were. Another set is another watch.
    """

    artists: int
    units: int
    confidence: float
    bound: float


@dataclass(frozen=True)
class SetDecision:
    """What was found about a set. ``n`` pictures in ``groups`` independent groups, judged as one of ``size``.

    ``watch`` is None where nobody is watched picture after picture: in uploads, which may be of one hand and so
    depend on each other, and by a calibration whose cohort is not here any more.
    """

    outcome: str
    domain: str
    n: int
    groups: int
    size: int | None = None
    reasons: tuple[str, ...] = ()
    alpha: float | None = None
    guarantee: str = ""
    threshold: float | None = None
    strategy: str = ""
    statistic: float | None = None
    p_value: float | None = None
    candidates: tuple[Lean, ...] = ()
    leans: tuple[Lean, ...] = ()
    watch: Watch | None = None
    calibration: dict[str, str] | None = None
    cohort: str = ""
    encoder: str = ""
    index: str = ""
    units: int = 0
    unjudged: dict[str, int] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self) | {
            "reasons": list(self.reasons),
            "candidates": [asdict(lean) for lean in self.candidates],
            "leans": [asdict(lean) for lean in self.leans],
        }


def judge_set(judge: Judge, vectors: Vectors, groups: Sequence[Hashable], *, alpha: float | None = None) -> SetDecision:
    """The decision about m vectors (m × d); pictures of one *group* (one prompt, one work) count as one picture.

    The statistic is the largest, over artists, of the mean normalised score, held against sets of that
    many impostors. Artists are watched over the groups in the order in which they first appear.
    """
    facts = judge.facts(alpha)
    level = facts["alpha"]
    named = {
        name: facts[name]
        for name in ("domain", "alpha", "strategy", "calibration", "cohort", "encoder", "index", "unjudged")
    }
    if not judge.cohort.slugs:
        reasons = ("cohort_changed",)
        return SetDecision(NOT_CALIBRATED, n=len(vectors), groups=len(set(groups)), reasons=reasons, **named)
    normalised = np.stack([scores.normalised for scores in judge.scores(vectors)])
    averaged = sets.grouped(normalised, groups)
    size, threshold = _limit(judge, len(averaged), level)
    watch, fortunes = _watched(judge, normalised, groups, level)
    every = _leans(judge, averaged, fortunes, level)
    common = {
        **named,
        "n": len(vectors),
        "groups": len(averaged),
        "size": size,
        "leans": tuple(lean for place, lean in enumerate(every) if place < SHOWN or lean.alarm),
        "watch": watch,
        "statistic": sets.statistic_of(averaged),
    }
    if not judge.is_whole():
        return SetDecision(outcome=NOT_CALIBRATED, reasons=("cohort_changed",), **common)
    if size is None or threshold is None:
        return SetDecision(outcome=NOT_CALIBRATED, reasons=("too_few_pictures",), **common)
    if threshold.value is None:
        return SetDecision(outcome=NOT_CALIBRATED, reasons=("level_not_attainable",), units=threshold.units, **common)
    outcome, reason, chosen = _chosen(averaged, threshold.value)
    by_slug = {lean.slug: lean for lean in every}
    return SetDecision(
        outcome=outcome,
        reasons=(reason,),
        guarantee=threshold.guarantee,
        threshold=threshold.value,
        units=threshold.units,
        p_value=p_value(common["statistic"], *judge.fitted.sets[size]),
        candidates=tuple(by_slug[judge.cohort.slugs[a]] for a in chosen),
        **common,
    )


def judge_audits(audits: Sequence[Audit], groups: Sequence[Hashable]) -> SetDecision:
    """The decision about audits of one encoder and one domain whose vectors were kept; nothing is stored.

    Without a calibration in force for them, ``not_calibrated``. Raises ``SimilarityError``: ``no_pictures``
    for none, ``mixed_domains``, or as ``open_index``.
    """
    if not audits:
        raise SimilarityError("no_pictures", _("None of these pictures could be compared."))
    if len({(audit.encoder, audit.domain) for audit in audits}) > 1:
        message = _("These pictures were not all made by one model. Ask about each model's apart.")
        raise SimilarityError("mixed_domains", message)
    vectors = np.stack([np.frombuffer(bytes(audit.vector or b""), "<f4") for audit in audits])
    encoder, domain = audits[0].encoder, audits[0].domain
    judge = open_judge(open_index(encoder=encoder, dimension=vectors.shape[1]), encoder=encoder, domain=domain)
    if judge is None:
        return not_calibrated(domain, encoder=encoder, n=len(audits), groups=len(set(groups)))
    return judge_set(judge, vectors, groups)


def not_calibrated(domain: str, *, encoder: str, n: int, groups: int) -> SetDecision:
    """What is said of a set that no calibration is in force for."""
    return SetDecision(NOT_CALIBRATED, domain, n, groups, reasons=("no_calibration",), encoder=encoder)


def _limit(judge: Judge, count: int, alpha: float) -> tuple[int | None, Threshold | None]:
    """The size as which a set of *count* is judged, and its threshold: the largest size not above it for which the
    level can be attained, else the largest. A smaller set varies more, so that its limit holds; the choice does not
    look at the pictures."""
    found: list[tuple[int, Threshold]] = []
    for size in sorted(judge.fitted.sets, reverse=True):
        if size <= count:
            statistics, unit = judge.fitted.sets[size]
            by_artist = judge.calibration.domain == Calibration.UPLOADS
            threshold = (
                threshold_of_artists(statistics, unit, alpha) if by_artist else threshold_of_images(statistics, alpha)
            )
            found.append((size, threshold))
    if not found:
        return None, None
    return next((each for each in found if each[1].value is not None), found[0])


def _chosen(averaged: Floats, threshold: float) -> tuple[str, str, list[int]]:
    """Outcome, reason, and the columns of the artists it names, best first."""
    means = averaged.mean(axis=0)
    order = [int(a) for a in np.argsort(-means, kind="stable")]
    above = [a for a in order if means[a] > threshold][:GROUP]
    if not above:
        return NO_KNOWN_ARTIST, "below_threshold", []
    if len(above) > 1:
        return AMBIGUOUS, "above_threshold", above
    drawn = np.random.default_rng(_SEED).integers(len(averaged), size=(_ROUNDS, len(averaged)))
    resampled = averaged[:, order[:GROUP]][drawn].mean(axis=1)
    close = [
        a for place, a in enumerate(order[1:GROUP], 1) if (resampled[:, 0] > resampled[:, place]).mean() < SEPARATE
    ]
    return (AMBIGUOUS, "not_separable", above + close) if close else (STYLE_MATCH, "above_threshold", above)


def _watched(
    judge: Judge, normalised: Floats, groups: Sequence[Hashable], alpha: float
) -> tuple[Watch | None, Floats | None]:
    """The watch over the set, and the largest log fortune of each artist (A,); None where nothing can be promised."""
    if judge.calibration.domain == Calibration.UPLOADS or not judge.is_whole():
        return None, None
    units = _neutral(judge)
    p = sets.conditional_p(normalised, units, choices=len(STRATEGIES))
    bound = sets.alarm_bound(units.shape[1], alpha) / np.log(10)
    return Watch(units.shape[1], len(units), CONFIDENCE, round(float(bound), 4)), sets.over_time(p, groups)


def _neutral(judge: Judge) -> Floats:
    """Normalised scores (u × A) of the pictures that made the calibration, with the works that are here now."""
    made = judge.fitted.vectors
    if made is None or len(judge.cohort.own) == len(judge.fitted.cohort):
        return judge.fitted.watched[:, judge.columns]
    return np.stack([scores.normalised for scores in judge.scores(made.astype(np.float32))])


def _leans(judge: Judge, averaged: Floats, fortunes: Floats | None, alpha: float) -> tuple[Lean, ...]:
    """Every artist of the cohort, the one most leant on first."""
    alarmed = set() if fortunes is None else set(sets.alarms(fortunes, alpha))
    means, nearest = averaged.mean(axis=0), np.bincount(averaged.argmax(axis=1), minlength=averaged.shape[1])
    counts = np.bincount(judge.cohort.own, minlength=len(judge.cohort.slugs))
    return tuple(
        Lean(
            slug=judge.cohort.slugs[a],
            artist=judge.names.get(judge.cohort.slugs[a], judge.cohort.slugs[a]),
            mean=round(float(means[a]), 6),
            nearest=int(nearest[a]),
            references=int(counts[a]),
            fortune=None if fortunes is None else round(float(fortunes[a] / np.log(10)), 4),
            alarm=int(a) in alarmed,
        )
        for a in np.argsort(-means, kind="stable")
    )
