"""From numbers to what is said of one image: the Decision, with everything it rests on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from similarity.style.scores import ImageScores

STYLE_MATCH, AMBIGUOUS, NO_KNOWN_ARTIST = "style_match", "ambiguous", "no_known_artist"
INSUFFICIENT, NOT_CALIBRATED = "insufficient_references", "not_calibrated"
NEAREST_HAS_TOO_FEW = "nearest_has_too_few_works"


@dataclass(frozen=True)
class Candidate:
    """One artist and the image's scores with their works."""

    slug: str
    artist: str
    raw: float
    normalised: float | None
    references: int


@dataclass(frozen=True)
class Ratio:
    """Likelihood ratio, same hand against another hand (see ``fit.trials_of``); base-10 logarithms.

    ``low`` and ``high`` bound it with 95 %, ``cap`` is the most the calibration's number of artists supports.
    """

    log10: float
    low: float
    high: float
    cap: float


@dataclass(frozen=True)
class ContentCheck:
    """Whether the subject explains the resemblance.

    ``near``: the image's content is nearer to the artist's works than 95 % of others' works are. Then
    ``p`` says how many of ``impostors``, the works by others nearest to it in content, resemble the artist as much.
    """

    near: bool
    similarity: float
    limit: float
    p: float | None = None
    impostors: int = 0
    upheld: bool = True


@dataclass(frozen=True)
class Decision:
    """What was found about the style of one image, JSON-able by ``facts()``.

    ``reasons`` are stable codes. Scores are there without a calibration too; then ``statistic`` is the raw one.
    ``too_few`` is the raw score of the artist who is nearest of all, where they have too few works to be judged.
    """

    outcome: str
    domain: str
    reasons: tuple[str, ...] = ()
    alpha: float | None = None
    guarantee: str = ""
    threshold: float | None = None
    strategy: str = "raw"
    statistic: float | None = None
    p_value: float | None = None
    lr: Ratio | None = None
    candidates: tuple[Candidate, ...] = ()
    runner_up: Candidate | None = None
    content: ContentCheck | None = None
    too_few: float | None = None
    unjudged: dict[str, int] = field(default_factory=dict)
    calibration: dict[str, str] | None = None
    cohort: str = ""
    encoder: str = ""
    index: str = ""
    n: int = 0

    def facts(self) -> dict[str, Any]:
        """Plain JSON: what ``Audit.decision`` holds."""
        return asdict(self) | {"reasons": list(self.reasons), "candidates": [asdict(c) for c in self.candidates]}

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "Decision":
        """The decision that ``facts()`` wrote down."""
        said = {name: value for name, value in facts.items() if name in {f.name for f in fields(cls)}}
        said["reasons"] = tuple(said.get("reasons") or ())
        said["candidates"] = tuple(Candidate(**c) for c in said.get("candidates") or ())
        for name, kind in (("runner_up", Candidate), ("lr", Ratio), ("content", ContentCheck)):
            said[name] = kind(**said[name]) if said.get(name) else None
        return cls(**said)


# A group is named with this many artists at most.
GROUP = 5


def decide(
    scores: ImageScores,
    *,
    threshold: float,
    names: Callable[[str], str],
    separate: Callable[[int, int], bool],
    content: Callable[[list[int]], ContentCheck],
    nearer_unjudged: bool,
    **facts: Any,
) -> Decision:
    """The decision about an image that is no copy of anything. *facts* are further fields of ``Decision``.

    ``separate(a, b)``: is artist a surely ahead of b; ``content(group)``: the check for a group; both by
    columns of *scores*. ``nearer_unjudged``: an artist with too few works is nearest of all and would pass.
    """
    order = [int(a) for a in scores.order()]
    above = [a for a in order if scores.normalised[a] > threshold][:GROUP]
    group = list(above)
    if len(above) == 1:
        group += [b for b in order[1:GROUP] if not separate(above[0], b)]
    runner_up = next((b for b in order if b not in group), None)
    checked, reasons = None, []
    if nearer_unjudged:
        outcome, group, runner_up = INSUFFICIENT, [], order[0]
        reasons.append(NEAREST_HAS_TOO_FEW)
    elif not group:
        outcome = NO_KNOWN_ARTIST
        reasons.append("below_threshold")
    else:
        checked = content(group)
        outcome = STYLE_MATCH if len(group) == 1 else AMBIGUOUS
        reasons.append("above_threshold" if len(above) == len(group) else "not_separable")
        if not checked.upheld:
            outcome, runner_up, group = NO_KNOWN_ARTIST, group[0], []
            reasons = ["shared_subject"]

    def told(a: int) -> Candidate:
        slug = scores.slugs[a]
        return Candidate(
            slug, names(slug), float(scores.raw[a]), float(scores.normalised[a]), int(scores.references[a])
        )

    return Decision(
        outcome=outcome,
        reasons=tuple(reasons),
        threshold=threshold,
        statistic=scores.statistic,
        candidates=tuple(told(a) for a in group),
        runner_up=None if runner_up is None else told(runner_up),
        content=checked,
        **facts,
    )
