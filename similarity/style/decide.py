"""From numbers to what is said of one image: the Decision, with everything it rests on."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

STYLE_MATCH, AMBIGUOUS, NO_KNOWN_ARTIST = "style_match", "ambiguous", "no_known_artist"
INSUFFICIENT, NOT_CALIBRATED = "insufficient_references", "not_calibrated"


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
    """Likelihood ratio, same hand against another hand of the same period and genre; base-10 logarithms.

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
