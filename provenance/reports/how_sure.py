"""How sure a judgement of style is, in sentences for people who know no statistics."""

from typing import Any

from django.utils.translation import gettext as _

from similarity.models import Audit, Calibration

Outcome = Audit.Outcome


def of_style(outcome: str, decision: dict[str, Any], figures: dict[str, Any], artists: int) -> list[str]:
    """How sure a judgement of style among *artists* is, by the *figures* of its calibration.

    A finding can be mistaken; what found nothing can have missed something. Each is told its own error, and no more:
    of two rates side by side, readers took the second for the chance that this picture is meant.
    """
    if outcome == Outcome.NO_KNOWN_ARTIST:
        return [missed(decision, figures, artists)]
    if outcome == Outcome.INSUFFICIENT_REFERENCES:
        return [_("With so few works no likeness can be measured.")]
    return [bound(decision, artists)]


def bound(decision: dict[str, Any], artists: int) -> str:
    """How often a finding is made of pictures that imitate nobody."""
    percent = 100 * float(decision.get("alpha") or 0)
    facts = {"percent": f"{percent:g}", "rest": f"{100 - percent:g}", "others": _others(decision, artists)}
    if decision.get("guarantee") == "confident":
        return (
            _(
                "It is a reason to compare by eye, and no proof. Of 100 %(others)s, this method wrongly reports, very "
                "likely, no more than %(percent)s. That does not make it %(rest)s %% sure of this one."
            )
            % facts
        )
    if decision.get("guarantee") == "average":
        return (
            _(
                "It is a reason to compare by eye, and no proof. Of 100 %(others)s, this method wrongly reports, on "
                "average, no more than %(percent)s. That does not make it %(rest)s %% sure of this one."
            )
            % facts
        )
    return _("How often such a result is a mistake is not known.") if decision.get("calibration") else ""


def as_close(decision: dict[str, Any], artists: int) -> str:
    """The p-value as a share of pictures that imitate nobody; empty without one."""
    if decision.get("p_value") is None:
        return ""
    share = in_so_many(float(decision["p_value"]))
    facts = {"share": share, "others": _others(decision, artists), "artists": number(artists)}
    return _("Of %(others)s, about %(share)s look as close to one of the %(artists)s as this picture does.") % facts


def missed(decision: dict[str, Any], figures: dict[str, Any], artists: int) -> str:
    """How many works of the artists compared get a finding, as the calibration measured it."""
    levels = figures.get("strategies", {}).get(decision.get("strategy"), {})
    power = levels.get(f"{float(decision.get('alpha') or 0):g}", {}).get("power")
    if power is None:
        return too_weak()
    found = round(100 * float(power))
    facts = {"artists": number(artists), "found": found, "missed": 100 - found}
    if power < 0.5:
        return (
            _(
                "That says little: of 100 works that really are by one of the %(artists)s, this method recognises only "
                "about %(found)s by their style, and misses the other %(missed)s."
            )
            % facts
        )
    return (
        _(
            "That can be wrong: of 100 works that really are by one of the %(artists)s, this method recognises about "
            "%(found)s by their style, and misses the other %(missed)s."
        )
        % facts
    )


def _others(decision: dict[str, Any], artists: int) -> str:
    """The population that a calibration was made with."""
    if _is_generated(decision):
        return _("pictures that the model makes when it is asked for nobody's style")
    return _("pictures by artists other than the %(artists)s compared") % {"artists": number(artists)}


def _is_generated(decision: dict[str, Any]) -> bool:
    return str(decision.get("domain", "")).startswith(Calibration.GENERATED)


def in_so_many(share: float) -> str:
    """A share (0..1) as people count: “3 in 1,000”."""
    for size in (100, 1000, 10_000, 100_000):
        if round(share * size) >= 1:
            return _("%(count)s in %(size)s") % {"count": number(round(share * size)), "size": number(size)}
    return _("fewer than 1 in 100,000")


def too_weak() -> str:
    """Of a picture that no artist stands out for: scores below a threshold are no finding that nobody is meant."""
    return _("A resemblance can be there and be too weak to show.")


def ratio(lr: dict[str, float], figures: dict[str, Any]) -> str:
    """A likelihood ratio and its interval in words, and by the calibration's *figures* who the other hands are.

    The grades are ENFSI's (evaluative reporting, 2015). Calibrations of before do not say who the others are.
    """
    if figures.get("likelihood", {}).get("same_style"):
        others = _("works by two artists of one style")
    else:
        others = _("works by two artists")
    times, low, high = (10 ** lr[name] for name in ("log10", "low", "high"))
    facts = {"others": others, "grade": _grade(abs(lr["log10"]))}
    if lr["log10"] < 0:
        facts |= {"times": _times(1 / times), "low": _times(1 / high), "high": _times(1 / low)}
        said = _(
            "Works by one artist come this close to each other about %(times)s times as rarely as %(others)s do "
            "(between %(low)s and %(high)s): %(grade)s for another hand."
        )
    elif _times(low) == _times(high):
        # A ratio is capped at what the number of artists supports: this is the least it is.
        facts |= {"low": _times(low)}
        said = _(
            "Works by one artist come this close to each other at least %(low)s times as often as %(others)s do: "
            "%(grade)s for one hand (the words of forensic laboratories). These are not the odds that the artist made "
            "this picture."
        )
    else:
        facts |= {"times": _times(times), "low": _times(low), "high": _times(high)}
        said = _(
            "Works by one artist come this close to each other about %(times)s times as often as %(others)s do "
            "(between %(low)s and %(high)s): %(grade)s for one hand (the words of forensic laboratories). These are "
            "not the odds that the artist made this picture."
        )
    return said % facts


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
    return f"{value:,}"
