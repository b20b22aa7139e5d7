"""What a page says of a set that was judged as one."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provenance.reports import how_sure, wording
from similarity.models import Audit, Calibration

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
    """In words: what was found, how sure that is, which artists are nearest, and who is noticed along the way."""

    tone: str
    headline: str
    sentences: list[str]
    leans: list[Lean]
    watch: list[str]
    domain: str


def tell(decision: dict[str, Any], *, generator: str = "", left_out: int = 0) -> Told:
    """*decision* as ``SetDecision.facts`` writes it; *generator* is the name of its model, if it has one."""
    outcome = decision["outcome"]
    tone = "attention" if outcome in Audit.NAMING else "unknown"
    tone = "plain" if outcome == Outcome.NO_KNOWN_ARTIST else tone
    return Told(
        tone=tone,
        headline=_headline(decision),
        sentences=[sentence for sentence in _sentences(decision, left_out) if sentence],
        leans=_leans(decision["leans"], decision["threshold"], watched=bool(decision.get("watch"))),
        watch=_watch(decision) if decision["leans"] else [],
        domain=wording.domain(decision["domain"], generator),
    )


def _headline(decision: dict[str, Any]) -> str:
    names = ", ".join(wording.short(each["artist"]) for each in decision["candidates"])
    match decision["outcome"]:
        case Outcome.STYLE_MATCH:
            return _("Taken together, they resemble the style of %(artist)s") % {"artist": names}
        case Outcome.AMBIGUOUS:
            return _("Taken together, they resemble several artists: %(artists)s") % {"artists": names}
        case Outcome.NO_KNOWN_ARTIST:
            return _("Taken together, they single out no artist on record")
        case _:
            return _("Compared, not judged")


def _sentences(decision: dict[str, Any], left_out: int) -> list[str]:
    looked = ngettext("%(count)s picture was looked at.", "%(count)s pictures were looked at.", decision["n"])
    said = [looked % {"count": decision["n"]}]
    if decision["size"] and decision["outcome"] != Outcome.NOT_CALIBRATED:
        said.append(
            _(
                "Pictures that depend on each other, such as those of one prompt, count as one, which leaves "
                "%(groups)s; sets of %(size)s were used to judge them."
            )
            % {"groups": decision["groups"], "size": decision["size"]}
        )
    if left_out:
        said.append(_("%(count)s older pictures were left out.") % {"count": left_out})
    if decision["outcome"] == Outcome.NOT_CALIBRATED:
        return [*said, why_not(decision)]
    said.append(_bound(decision))
    if decision["p_value"] is not None:
        said.append(
            _("Of sets like it that imitate nobody, %(share)s lean on somebody as strongly as this or more.")
            % {"share": how_sure.in_so_many(decision["p_value"])}
        )
    if decision["outcome"] in Audit.NAMING:
        said.append(_("That does not say who made them, from what, or whether anybody was allowed to."))
    else:
        said += [how_sure.too_weak(), _("That says nothing about artists whose works are not here.")]
    return said


def _bound(decision: dict[str, Any]) -> str:
    """How often a set that imitates nobody is flagged by mistake."""
    facts = {"percent": f"{100 * decision['alpha']:g}", "units": f"{decision['units']:,}"}
    if decision["guarantee"] == "confident":
        said = _(
            "Of many such sets that imitate nobody, this method wrongly reports a resemblance, very likely (95 %% "
            "confidence), for no more than %(percent)s in 100."
        )
    else:
        said = _(
            "Of many such sets that imitate nobody, this method wrongly reports a resemblance for no more than "
            "%(percent)s in 100, as far as so few measurements tell."
        )
    if decision["domain"] == Calibration.UPLOADS:
        measured = _("Measured on sets of works by %(units)s artists.")
    else:
        measured = _("Measured on %(units)s sets.")
    return f"{said % facts} {measured % facts}"


def why_not(decision: dict[str, Any]) -> str:
    """Why a set that was compared is not judged."""
    if "too_few_pictures" in decision["reasons"]:
        return _("These are too few independent pictures to be judged as a set.")
    return wording.not_calibrated(decision)


def _watch(decision: dict[str, Any]) -> list[str]:
    """Who is noticed picture after picture, and what is promised of that; or why nobody is watched."""
    if decision["domain"] == Calibration.UPLOADS:
        return [
            _(
                "Whether an artist is noticed as picture follows picture is not asked of uploads: pictures by one hand "
                "depend on each other, so that adding them up one by one would prove too much. The judgement of all "
                "together stands: it was measured on sets of works by one hand."
            )
        ]
    if "watch" not in decision:
        return [
            _(
                "Artists were watched here by an earlier rule that did not keep its promise, so that nobody is marked. "
                "Ask again to have them watched."
            )
        ]
    if not (watch := decision["watch"]):
        return []
    facts = {
        "artists": f"{watch['artists']:,}",
        "units": f"{watch['units']:,}",
        "percent": f"{100 * decision['alpha']:g}",
        "confidence": f"{100 * watch['confidence']:g}",
    }
    return [
        *_noticed(decision),
        _(
            "The count starts with the oldest picture of this set (in a folder, with the first file) and ends with its "
            "last. Every set that is asked for is a count of its own."
        ),
        _(
            "Of many such series that imitate nobody, any of the %(artists)s artists is noticed by mistake, at "
            "whatever point, in no more than %(percent)s in 100, very likely (%(confidence)s %% confidence). Measured "
            "on %(units)s pictures of this model."
        )
        % facts,
        _(
            "That holds where nobody picked the pictures for their looks, and the prompts are as different from each "
            "other as those it was measured on. Many prompts about one thing make such mistakes more frequent."
        ),
    ]


def _noticed(decision: dict[str, Any]) -> list[str]:
    noticed = {lean["slug"]: wording.short(lean["artist"]) for lean in decision["leans"] if lean["alarm"]}
    if not noticed:
        return [_("Looked at one after another, nobody was noticed. A resemblance can still be there.")]
    said = [
        _("Looked at one after another, these were noticed: %(artists)s") % {"artists": ", ".join(noticed.values())}
    ]
    if noticed.keys() - {each["slug"] for each in decision["candidates"]}:
        said.append(
            _(
                "An artist can be near for a while and not on the whole: the two are counted apart, each with its own "
                "chance of a mistake."
            )
        )
    return said


def _leans(leans: Any, threshold: float | None, *, watched: bool) -> list[Lean]:
    """A full bar is the highest mean or, where nobody reaches it, the limit from which on sets are flagged."""
    means = [float(lean["mean"]) for lean in leans]
    low, high = min(means, default=0.0), max([*means, *([] if threshold is None else [threshold])], default=0.0)
    low -= (high - low) * 0.1
    return [
        Lean(
            artist=wording.short(lean["artist"]),
            slug=lean["slug"],
            mean=f"{lean['mean']:.3f}",
            bar=round(100 * (float(lean["mean"]) - low) / (high - low)) if high > low else 0,
            nearest=int(lean["nearest"]),
            alarm=watched and bool(lean["alarm"]),
        )
        for lean in leans
    ]
