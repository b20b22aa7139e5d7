"""What a page says of a set that was judged as one."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provenance.audits.models import SetAudit
from provenance.reports import wording
from provenance.web.comparison import domain_words
from similarity.models import Audit

Outcome = Audit.Outcome


@dataclass(frozen=True, kw_only=True)
class Lean:
    """An artist the set leans on; ``bar`` is the mean score on a line from 0 to 100."""

    artist: str
    slug: str
    mean: str
    bar: int
    nearest: int
    alarm: bool


@dataclass(frozen=True, kw_only=True)
class Told:
    """In words: what was found, how sure that is, and which artists are nearest."""

    tone: str
    headline: str
    sentences: list[str]
    leans: list[Lean]
    domain: str


def tell(row: SetAudit) -> Told | None:
    """None while it waits, or when it failed."""
    if row.status != SetAudit.Status.JUDGED:
        return None
    decision = row.decision
    tone = "attention" if row.outcome in Audit.NAMING else "unknown"
    tone = "plain" if row.outcome == Outcome.NO_KNOWN_ARTIST else tone
    return Told(
        tone=tone,
        headline=_headline(row),
        sentences=[sentence for sentence in _sentences(row) if sentence],
        leans=_leans(decision.get("leans", ())),
        domain=domain_words(row.domain, str((row.calibration.generator if row.calibration else {}).get("name") or "")),
    )


def _headline(row: SetAudit) -> str:
    names = ", ".join(wording.short(each["artist"]) for each in row.decision.get("candidates", ()))
    match row.outcome:
        case Outcome.STYLE_MATCH:
            return _("Taken together, they resemble the style of %(artist)s") % {"artist": names}
        case Outcome.AMBIGUOUS:
            return _("Taken together, they resemble several artists: %(artists)s") % {"artists": names}
        case Outcome.NO_KNOWN_ARTIST:
            return _("Taken together, they resemble no artist on record")
        case _:
            return _("Compared, not judged")


def _sentences(row: SetAudit) -> list[str]:
    decision = row.decision
    count = int(decision.get("n") or len(row.versions))
    said = [
        ngettext("%(count)s picture was looked at.", "%(count)s pictures were looked at.", count) % {"count": count}
    ]
    if "groups" in decision:
        said.append(
            _("Pictures of one prompt count as one, which leaves %(groups)s; sets of %(size)s were used to judge them.")
            % {"groups": decision["groups"], "size": decision.get("size") or "–"}
        )
    if row.left_out:
        said.append(_("%(count)s older pictures were left out.") % {"count": row.left_out})
    if row.outcome == Outcome.NOT_CALIBRATED:
        return [*said, _why(decision)]
    said.append(wording.bound({"decision": {**decision, "n": decision["units"]}, "calibration": True}))
    if row.p_value is not None:
        said.append(
            _("Of sets like it that imitate nobody, about %(share)s lean on somebody as strongly as this or more.")
            % {"share": wording.in_so_many(row.p_value)}
        )
    if row.outcome in Audit.NAMING:
        said.append(_("That does not say who made them, from what, or whether anybody was allowed to."))
    else:
        said.append(_("That says nothing about artists whose works are not here."))
    return said


def _why(decision: dict[str, Any]) -> str:
    if "too_few_pictures" in decision.get("reasons", ()):
        return _("These are too few independent pictures to be judged as a set.")
    return wording.not_calibrated(decision)


def _leans(leans: Any) -> list[Lean]:
    means = [float(lean["mean"]) for lean in leans]
    low, high = min(means, default=0.0), max(means, default=0.0)
    low -= (high - low) * 0.1
    return [
        Lean(
            artist=wording.short(lean["artist"]),
            slug=lean["slug"],
            mean=f"{lean['mean']:.3f}",
            bar=round(100 * (float(lean["mean"]) - low) / (high - low)) if high > low else 0,
            nearest=int(lean["nearest"]),
            alarm=bool(lean["alarm"]),
        )
        for lean in leans
    ]
