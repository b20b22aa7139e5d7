"""What a page says of a calibration: its figures in words, and as small plots."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provenance.reports import wording
from similarity.cohort_standing import ENOUGH_WORKS, Standing, standing_of
from similarity.models import Calibration


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level: the limit and what it promises. ``told`` are shares of held-out works told to their artist."""

    percent: str
    limit: str
    promise: str
    realised: str
    units: int
    told: str


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A bin of the reliability diagram, in a box of 100 by 100 with its origin at the lower left; ``r`` its radius."""

    x: float
    y: float
    r: float
    said: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A calibration as a page shows it."""

    row: Calibration
    domain: str
    made_of: str
    levels: list[Level]
    sets: list[tuple[str, list[Level]]]
    dots: list[Dot]
    facts: list[tuple[str, str]]
    standing: Standing | None

    @property
    def missing(self) -> str:
        return missing(self.standing) if self.standing else ""

    @property
    def unjudged(self) -> str:
        return unjudged(self.standing) if self.standing else ""

    @property
    def judges(self) -> bool:
        """Whether any level can be attained."""
        return any(level.limit for level in self.levels)


def tell(row: Calibration) -> Told:
    """Reads the row without its arrays."""
    strategies = row.figures.get("strategies", {}).get(row.strategy, {})
    return Told(
        row=row,
        domain=wording.domain(row.domain, str(row.generator.get("name") or "")),
        made_of=_made_of(row),
        levels=[_level(facts, strategies.get(f"{facts['alpha']:g}", {})) for facts in row.thresholds],
        sets=[
            (size, [_level(facts, facts) for facts in levels.values()])
            for size, levels in sorted(row.figures.get("sets", {}).items(), key=lambda it: int(it[0]))
        ],
        dots=_dots(row.figures.get("likelihood", {}).get("reliability", [])),
        facts=_facts(row),
        standing=standing_of(row) if row.state == Calibration.State.ACCEPTED else None,
    )


def missing(standing: Standing) -> str:
    """How many of the works a calibration was made with are gone, and what follows."""
    said = {"count": standing.missing, "works": f"{standing.works:,}", "limit": standing.may_be_missing}
    if not standing.judges:
        return (
            _(
                "It judges nobody any more: %(count)s of the %(works)s works it was made with are gone, and at most "
                "%(limit)s may be. Calibrate again."
            )
            % said
        )
    if not standing.missing:
        return _("All %(works)s works it was made with are here.") % said
    sentence = ngettext(
        "%(count)s of the %(works)s works it was made with is gone. With more than %(limit)s gone it judges nobody.",
        "%(count)s of the %(works)s works it was made with are gone. With more than %(limit)s gone it judges nobody.",
        standing.missing,
    )
    return sentence % said + (" " + _("Calibrate again soon.") if standing.near_limit else "")


def unjudged(standing: Standing) -> str:
    """How many works are here that count for no judgement; empty for none."""
    if not standing.unjudged:
        return ""
    sentence = ngettext(
        "%(count)s work here is compared and counts for no judgement: it came since, or its artist has fewer than "
        "%(enough)s.",
        "%(count)s works here are compared and count for no judgement: they came since, or their artists have fewer "
        "than %(enough)s.",
        standing.unjudged,
    )
    return sentence % {"count": f"{standing.unjudged:,}", "enough": ENOUGH_WORKS}


def _made_of(row: Calibration) -> str:
    works = ngettext("%(count)s work", "%(count)s works", row.works) % {"count": f"{row.works:,}"}
    artists = ngettext("%(count)s artist", "%(count)s artists", row.artists) % {"count": row.artists}
    if row.domain == Calibration.UPLOADS:
        said = _("Scores against %(works)s by %(artists)s; measured on the works of %(units)s artists, each left out.")
    else:
        said = _("Scores against %(works)s by %(artists)s; measured on %(units)s pictures of the model.")
    return said % {"works": works, "artists": artists, "units": f"{row.units:,}"}


def _level(facts: dict[str, Any], figures: dict[str, Any]) -> Level:
    value, realised, power = facts.get("value"), facts.get("realised"), figures.get("power")
    return Level(
        percent=f"{100 * facts['alpha']:g} %",
        limit="" if value is None else f"{value:.3f}",
        promise=wording.guarantee(facts),
        realised="" if realised is None else f"{100 * realised:.2g} %",
        units=int(facts.get("units") or 0),
        told="" if power is None or value is None else f"{100 * power:.1f} %",
    )


def _dots(bins: list[dict[str, Any]]) -> list[Dot]:
    most = max((entry["trials"] for entry in bins), default=1)
    return [
        Dot(
            x=round(100 * entry["predicted"], 1),
            y=round(100 * entry["observed"], 1),
            r=round(1.2 + 3.3 * (entry["trials"] / most) ** 0.5, 1),
            said=_("told %(told)s %%, so it was in %(was)s %% of %(count)s trials")
            % {
                "told": f"{100 * entry['predicted']:.0f}",
                "was": f"{100 * entry['observed']:.0f}",
                "count": f"{entry['trials']:,}",
            },
        )
        for entry in bins
    ]


def _facts(row: Calibration) -> list[tuple[str, str]]:
    likelihood = row.figures.get("likelihood", {})
    maxima = row.figures.get("maxima", {})
    said = [
        (_("Cost of likelihood ratios (Cllr)"), _cost(likelihood)),
        (_("Highest scores of the background"), _quantiles(maxima)),
        (_("Artists the encoder learnt from"), _trained(row.figures.get("trained", {}))),
        (_("Scores made comparable by"), row.strategy),
        (_("Model"), str(row.generator.get("source") or "")),
        (_("Encoder, SHA-256"), row.encoder),
        (_("Cohort, SHA-256"), row.cohort),
        (_("Calibration, SHA-256"), row.sha256),
    ]
    return [(label, value) for label, value in said if value]


def _cost(likelihood: dict[str, Any]) -> str:
    if "cllr" not in likelihood:
        return ""
    said = _("%(cost)s, of which %(loss)s by calibration; 1 would be no information, 0 perfect")
    return said % {"cost": likelihood["cllr"], "loss": likelihood["calibration_loss"]}


def _quantiles(maxima: dict[str, Any]) -> str:
    if not maxima:
        return ""
    return _("middle %(median)s; 1 in 20 above %(q95)s; 1 in 100 above %(q99)s") % maxima


def _trained(trained: dict[str, Any]) -> str:
    if not trained.get("known"):
        return ""
    both = [trained.get(kind) for kind in ("trained", "unseen")]
    if None in both:
        return str(trained["artists"])
    said = _("%(count)s; 1 in 20 of their works above %(trained)s, of others' above %(unseen)s")
    return said % {"count": trained["artists"], "trained": both[0]["q95"], "unseen": both[1]["q95"]}  # type: ignore[index]
