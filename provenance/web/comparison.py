"""What a page says of an audit: the finding, how sure it is, and what stands beside it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from provenance.reports import how_sure, wording
from similarity.models import Audit

Outcome = Audit.Outcome


@dataclass(frozen=True, kw_only=True)
class Near:
    """One known work or artist near the picture. ``score`` is a cosine; ``bar`` is it on a 0 … 100 line.

    ``named`` marks an artist whom the outcome names.
    """

    artist: str
    title: str
    score: float | None
    named: bool = False

    @property
    def bar(self) -> int:
        return round(100 * min(max(self.score or 0.0, 0.0), 1.0))


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where the picture lies among those that imitate nobody: places 0 … 100 on one line, with what they are."""

    usual: int
    threshold: int
    this: int
    said: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the audit established, in honest words. ``tone`` is one of plain, attention, unknown."""

    audit: Audit
    headline: str
    sentences: list[str]
    sure: list[str]
    tone: str
    stale: bool
    scale: Scale | None
    works: list[Near]
    artists: list[Near]
    facts: list[tuple[str, str]]
    copy_facts: list[tuple[str, str]]


def compare(audit: Audit | None) -> Comparison | None:
    """Reads the audit and its calibration: select that with it."""
    if audit is None:
        return None
    headline, sentences, tone = _judgement(audit)
    named = frozenset(candidate["slug"] for candidate in audit.decision.get("candidates", ()))
    return Comparison(
        audit=audit,
        headline=headline,
        sentences=[sentence for sentence in sentences if sentence],
        sure=_sure(audit),
        tone=tone,
        stale=audit.is_stale,
        scale=_scale(audit),
        works=[_near(entry) for entry in audit.works],
        artists=[_near(entry, named) for entry in audit.artists],
        facts=_facts(audit),
        copy_facts=_copy_facts(audit.copy_of),
    )


def _judgement(audit: Audit) -> tuple[str, list[str], str]:
    compared = audit.compared_with()
    match audit.outcome:
        case Outcome.COPY:
            told = _("It was matched with a work that is on record here; a person decides what follows.")
            if audit.subject is None:  # an upload, about which nothing is to be decided
                told = _("It was matched with a work that is on record here.")
            if (audit.copy_of or {}).get("confirmed") is False:
                return _("Perhaps the same picture as a known work"), [told], "attention"
            return _("The same picture as a known work"), [told], "attention"
        case Outcome.STYLE_MATCH:
            headline = _("Resembles the style of %(artist)s") % {"artist": audit.artist_name}
            return headline, [compared, _not_by_whom()], "attention"
        case Outcome.AMBIGUOUS:
            names = ", ".join(wording.short(each["artist"]) for each in audit.decision.get("candidates", ()))
            told = _("Nearest are %(names)s; no single one stands out.") % {"names": names} if names else ""
            return (
                _("Resembles several artists"),
                [compared, told or _("No single one stands out."), _not_by_whom()],
                "attention",
            )
        case Outcome.NO_KNOWN_ARTIST:
            shared = "shared_subject" in audit.decision.get("reasons", ())
            return (
                _("Shares its subject with works of an artist on record")
                if shared
                else _("No artist on record stands out"),
                [
                    compared,
                    wording.shared_subject() if shared else how_sure.too_weak(),
                    _("That says nothing about artists whose works are not here."),
                ],
                "plain",
            )
        case Outcome.INSUFFICIENT_REFERENCES:
            return _("Too few works to compare with"), [compared, _("No judgement is made.")], "unknown"
        case Outcome.NOT_CALIBRATED:
            return _("Compared, not judged"), [compared, wording.not_calibrated(audit.decision)], "unknown"
        case _:
            told = _("The comparison could not be made. That is not a clearance.")
            return _("Could not be judged"), [told, audit.error], "unknown"


def _not_by_whom() -> str:
    return _("That does not say who made it, from what, or whether anybody was allowed to.")


def _sure(audit: Audit) -> list[str]:
    """How sure the judgement is: how often such a finding is wrong, or how many are missed."""
    if audit.outcome == Outcome.COPY:
        return [wording.confirmed(audit.copy_of)] if audit.copy_of else []
    if audit.outcome not in (Outcome.STYLE_MATCH, Outcome.AMBIGUOUS, Outcome.NO_KNOWN_ARTIST) or not audit.decision:
        return []
    figures = audit.calibration.figures if audit.calibration else {}
    said = how_sure.of_style(audit.outcome, audit.decision, figures, audit.artists_compared)
    # Where no power was measured, that is the sentence the judgement says already.
    return [sentence for sentence in said if sentence and sentence != how_sure.too_weak()]


def _scale(audit: Audit) -> Scale | None:
    """From the median of pictures that imitate nobody to whatever is highest."""
    this, threshold = audit.decision.get("statistic"), audit.decision.get("threshold")
    if audit.calibration is None or this is None or threshold is None:
        return None
    usual = audit.calibration.figures.get("maxima", {}).get("median")
    if usual is None:
        return None
    low, high = min(usual, this), max(threshold, this)
    room = (high - low) * 0.08 or 1.0
    places = [round(100 * (value - low + room) / (high - low + 2 * room)) for value in (usual, threshold, this)]
    if this > threshold:
        said = _("This picture's highest score is %(this)s, above %(threshold)s, from which on pictures are flagged.")
    else:
        said = _("This picture's highest score is %(this)s; pictures are flagged above %(threshold)s.")
    told = said % {"this": f"{this:.3f}", "threshold": f"{threshold:.3f}"}
    return Scale(usual=places[0], threshold=places[1], this=places[2], said=told)


def _facts(audit: Audit) -> list[tuple[str, str]]:
    """What needs no inference, and by which population it was judged."""
    beside = audit.decision.get("facts", {})
    said = [
        (_("Named in the prompt"), _names(audit.named_in_prompt)),
        (_("Used as a reference"), _names(beside.get("used_as_reference", ()))),
        (_("The model was trained on works of"), wording.trained_on(beside, audit.domain)),
        (_("Judged among"), _population(audit)),
    ]
    return [(label, value) for label, value in said if value]


def _population(audit: Audit) -> str:
    if audit.calibration is None:
        return ""
    return wording.domain(audit.domain, str(audit.calibration.generator.get("name") or ""))


def _names(entries: Any) -> str:
    return ", ".join(dict.fromkeys(wording.short(_name(entry)) for entry in entries))


def _near(entry: dict[str, Any], named: frozenset[str] = frozenset()) -> Near:
    score = entry.get("score")
    return Near(
        artist=_name(entry),
        title=str(entry.get("title") or ""),
        score=float(score) if isinstance(score, int | float) else None,
        named=entry.get("slug") in named,
    )


def _name(entry: dict[str, Any]) -> str:
    return str(entry.get("artist") or "")


def _copy_facts(copy: dict[str, Any] | None) -> list[tuple[str, str]]:
    if not copy:
        return []
    facts = [
        (_("Artist"), _name(copy)),
        (_("Title"), str(copy.get("title") or "")),
        (_("Year"), str(copy.get("year") or "")),
        (_("Source"), str(copy.get("source") or "")),
        (_("Licence"), str(copy.get("licence") or "")),
        (_("Matched by"), _method(str(copy.get("method_code") or ""))),
    ]
    return [(label, value) for label, value in facts if value]


def _method(code: str) -> str:
    """How ``similarity.audit`` saw that two pictures are the same, in the reader's language."""
    if code == "same_file":
        return _("the same file, byte for byte")
    if code == "part":
        return _("a part of the picture, laid over the work's own pixels")
    if not code.startswith("image_code"):
        return ""
    if code.endswith("_mirrored"):
        return _("the same image-code when mirrored")
    return _("the same image-code when cropped") if "_cropped" in code else _("the same image-code")
