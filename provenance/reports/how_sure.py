"""How sure a judgement of style is, in sentences for people who know no statistics."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from similarity.models import Audit, Calibration

Outcome = Audit.Outcome


def of_style(outcome: str, decision: dict[str, Any], figures: dict[str, Any], compared: int | None) -> list[str]:
    """How sure a judgement of style is, by the *figures* of its calibration; *compared* as ``those_judged`` takes it.

    A finding can be mistaken; what found nothing can have missed something. Each is told its own error, and no more:
    of two rates side by side, readers took the second for the chance that this picture is meant.
    """
    if outcome == Outcome.NO_KNOWN_ARTIST:
        if "shared_subject" in decision.get("reasons", ()):
            return [_("Its score alone would have been enough. The subject explains it as well as the style does.")]
        return [missed(decision, figures, compared)]
    if outcome == Outcome.INSUFFICIENT_REFERENCES:
        return [_("With so few works a likeness cannot be judged.")]
    return [_("It is a reason to compare by eye, and no proof."), *bound(decision, compared)]


def those_judged(decision: dict[str, Any], compared: int | None) -> str:
    """The artists that were judged: of the *compared* ones (None: not recorded) those the calibration knows."""
    count = judged(decision, compared)
    if not count:
        return _("the artists compared")
    return ngettext("the artist compared", "the %(count)s artists compared", count) % {"count": number(count)}


def judged(decision: dict[str, Any], compared: int | None) -> int:
    """How many artists that is; 0 where it was not recorded."""
    return max(0, (compared or 0) - int((decision.get("unjudged") or {}).get("artists") or 0))


def bound(decision: dict[str, Any], compared: int | None) -> list[str]:
    """How often a finding is made of pictures that imitate nobody."""
    facts = {"percent": f"{100 * float(decision.get('alpha') or 0):g}", "others": _others(decision, compared)}
    if decision.get("guarantee") == "confident":
        said = _(
            "Of many %(others)s, this method wrongly reports a resemblance for no more than %(percent)s in 100. The "
            "limit of %(percent)s rests on measurements, and very likely holds."
        )
    elif decision.get("guarantee") == "average":
        said = _(
            "Of many %(others)s, this method wrongly reports a resemblance for no more than %(percent)s in 100, as far "
            "as so few measurements tell."
        )
    elif decision.get("calibration"):
        return [_("How often a picture that imitates nobody is reported like this is not known.")]
    else:
        return []
    return [said % facts, _("That limit is not the chance that this finding is a mistake, which cannot be known.")]


def as_close(outcome: str, decision: dict[str, Any], compared: int | None) -> str:
    """The p-value of what was judged as a share of pictures that imitate nobody; empty where nothing was."""
    judged = outcome in (Outcome.STYLE_MATCH, Outcome.AMBIGUOUS, Outcome.NO_KNOWN_ARTIST)
    if not judged or decision.get("p_value") is None:
        return ""
    facts = {
        "others": _others(decision, compared),
        "share": in_so_many(float(decision["p_value"])),
        "artists": those_judged(decision, compared),
    }
    said = _("Of %(others)s, %(share)s look as close to one of %(artists)s as this picture does.") % facts
    if outcome == Outcome.NO_KNOWN_ARTIST:
        return said
    warning = _("That is not the chance that the finding is a mistake.")
    return f"{said} {warning}"


def missed(decision: dict[str, Any], figures: dict[str, Any], compared: int | None) -> str:
    """How many works of the artists judged get a finding, as the calibration measured it on real works."""
    levels = figures.get("strategies", {}).get(decision.get("strategy"), {})
    power = levels.get(f"{float(decision.get('alpha') or 0):g}", {}).get("power")
    if power is None:
        return too_weak()
    facts = {"artists": those_judged(decision, compared), "share": in_so_many(float(power))}
    if _is_generated(decision) and power < 0.5:
        said = _(
            "This finding says little: even of works that really are by one of %(artists)s, only %(share)s are "
            "recognised by their style when they are judged like this picture. How many imitations by a model would be "
            "is not known."
        )
    elif _is_generated(decision):
        said = _(
            "This finding can be wrong: of works that really are by one of %(artists)s, %(share)s are recognised by "
            "their style when they are judged like this picture. How many imitations by a model would be is not known."
        )
    elif power < 0.5:
        said = _(
            "This finding says little: of works that really are by one of %(artists)s, this method recognises only "
            "%(share)s by their style. The rest it misses, or takes for somebody else's."
        )
    else:
        said = _(
            "This finding can be wrong: of works that really are by one of %(artists)s, this method recognises "
            "%(share)s by their style. The rest it misses, or takes for somebody else's."
        )
    return said % facts


def too_weak() -> str:
    """Of a picture that no artist stands out for: scores below a threshold are no finding that nobody is meant."""
    return _("A resemblance can be there and be too weak to show.")


def _others(decision: dict[str, Any], compared: int | None) -> str:
    """The population that a calibration was made with."""
    if _is_generated(decision):
        return _("pictures that the model makes when it is asked for nobody's style")
    return _("pictures by artists other than %(artists)s") % {"artists": those_judged(decision, compared)}


def _is_generated(decision: dict[str, Any]) -> bool:
    return str(decision.get("domain", "")).startswith(Calibration.GENERATED)


def in_so_many(share: float) -> str:
    """A share (0..1) as people count: “about 3 in 1,000”."""
    for size in (100, 1000, 10_000, 100_000):
        if share * size >= 0.95:
            return _("about %(count)s in %(size)s") % {"count": number(round(share * size)), "size": number(size)}
    return _("fewer than 1 in 100,000")


def ratio(lr: dict[str, float], figures: dict[str, Any]) -> str:
    """A likelihood ratio and its interval in words, and by the calibration's *figures* who the other hands are.

    The grades are ENFSI's (evaluative reporting, 2015). Calibrations of before do not say who the others are. A ratio
    at its cap is the most that the number of artists can show, not the least that it is.
    """
    if figures.get("likelihood", {}).get("same_style"):
        others = _("works by two artists of one style")
    else:
        others = _("works by two artists")
    times, low, high = (10 ** lr[name] for name in ("log10", "low", "high"))
    capped = abs(lr["log10"]) >= lr.get("cap", float("inf")) - 1e-9
    facts = {"others": others, "grade": _grade(abs(lr["log10"]))}
    if lr["log10"] < 0:
        facts |= {"times": _times(1 / times), "low": _times(1 / high), "high": _times(1 / low)}
        said = _(
            "Works by one artist come this close to each other about %(times)s times as rarely as %(others)s do "
            "(between %(low)s and %(high)s): %(grade)s for another hand."
        )
    elif capped:
        facts |= {"times": _times(times)}
        said = _(
            "Works by one artist come this close to each other about %(times)s times as often as %(others)s do, the "
            "most that so few artists can show: %(grade)s for one hand (the words of forensic laboratories)."
        )
    else:
        facts |= {"times": _times(times), "low": _times(low), "high": _times(high)}
        said = _(
            "Works by one artist come this close to each other about %(times)s times as often as %(others)s do "
            "(between %(low)s and %(high)s): %(grade)s for one hand (the words of forensic laboratories)."
        )
    picked = _("These are not the odds that the artist made this picture, who was picked as the nearest of all.")
    return f"{said % facts} {picked}"


def _grade(decades: float) -> str:
    if decades < 0.30103:
        return _("no support")
    if decades < 1:
        return _("weak support")
    if decades < 2:
        return _("moderate support")
    return _("moderately strong support") if decades < 3 else _("strong support")


def _times(value: float) -> str:
    return number(round(value)) if value >= 10 else f"{value:.2g}"


def number(value: int) -> str:
    """With its thousands apart."""
    return f"{value:,}"
