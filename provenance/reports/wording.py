"""A report in sentences, for people who know no statistics. From the record alone, in the reader's language."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provenance.credentials.text import clean
from provenance.reports.how_sure import judged, number, of_style
from similarity.models import Audit, Calibration

# Names and titles are somebody's words: longer ones are cut where they would hide everything else.
LONGEST = 160
Outcome = Audit.Outcome


@dataclass(frozen=True)
class Told:
    """What the first screen says: what was found, how sure that is, and what it does not mean.

    ``tone`` is ``attention``, ``plain`` or ``unknown``.
    """

    tone: str
    found: str
    sure: tuple[str, ...]
    not_meant: tuple[str, ...]


def tell(record: dict[str, Any]) -> Told:
    """The first screen of *record*."""
    outcome = record["outcome"]
    tone = "attention" if outcome in (Outcome.COPY, Outcome.STYLE_MATCH, Outcome.AMBIGUOUS) else "unknown"
    tone = "plain" if outcome == Outcome.NO_KNOWN_ARTIST else tone
    return Told(tone, _found(record), tuple(_sure(record)), tuple(_not_meant(record)))


def short(text: object) -> str:
    """Somebody's words, without characters that are not seen, and not longer than a line or two."""
    said = " ".join(clean(str(text or "")).split())
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _found(record: dict[str, Any]) -> str:
    artist = short((record.get("artist") or {}).get("name"))
    match record["outcome"]:
        case Outcome.COPY:
            return _copied(record["copy"])
        case Outcome.STYLE_MATCH:
            return _("It resembles the works of %(artist)s unusually closely.") % {"artist": artist}
        case Outcome.AMBIGUOUS:
            names = ", ".join(short(each["artist"]) for each in record["decision"].get("candidates", ()))
            return _(
                "It resembles several artists unusually closely, and none clearly more than the others: %(names)s."
            ) % {"names": names or artist}
        case Outcome.NO_KNOWN_ARTIST:
            if "shared_subject" in record["decision"].get("reasons", ()):
                return shared_subject()
            return _resembles_none(judged(record["decision"], record["compared"]["artists"]))
        case Outcome.INSUFFICIENT_REFERENCES:
            return _("It cannot be judged: of the artist it is nearest to, too few works are known.")
        case Outcome.NOT_CALIBRATED:
            return _("It was compared, and not judged.")
        case _:
            return _("It could not be judged.")


def _resembles_none(artists: int) -> str:
    if not artists:
        return _("It does not clearly resemble the works of any of the artists compared.")
    said = ngettext(
        "It does not clearly resemble the works of the artist compared.",
        "It does not clearly resemble the works of any of the %(count)s artists compared.",
        artists,
    )
    return said % {"count": number(artists)}


def shared_subject() -> str:
    """Of a picture whose subject explains what it resembles."""
    return _(
        "It shares its subject with works of an artist on record. Their style is no nearer than that of others who "
        "show the same."
    )


def _copied(copy: dict[str, Any]) -> str:
    about = {"title": short(copy.get("title")) or _("Untitled"), "artist": short(copy.get("artist"))}
    if copy.get("method_code") == "part":
        return _("A part of it is the same picture as a known work: “%(title)s” by %(artist)s.") % about
    if copy.get("confirmed") is False:
        return _("It may be the same picture as a known work: “%(title)s” by %(artist)s.") % about
    return _("It is the same picture as a known work: “%(title)s” by %(artist)s.") % about


def _sure(record: dict[str, Any]) -> list[str]:
    outcome, decision = record["outcome"], record["decision"]
    if outcome == Outcome.COPY:
        return [confirmed(record["copy"])]
    if outcome == Outcome.NOT_CALIBRATED:
        return [not_calibrated(decision)]
    if outcome == Outcome.FAILED:
        return [_("Nothing is known about it. That is not a clearance.")]
    return of_style(outcome, decision, figures_of(record), record["compared"]["artists"])


def confirmed(copy: dict[str, Any]) -> str:
    """By what two pictures were seen to be the same."""
    if copy.get("method_code") == "same_file":
        return _("The file is the same, byte for byte: there is no doubt about it.")
    if copy.get("confirmed"):
        return _("The pixels were laid over those of the work and agree. Chance does not do that.")
    if copy.get("confirmed") is None:
        return _(
            "The two have the same fingerprint. The work's own picture is not kept here, so this was not confirmed "
            "by its pixels. In fifty million pairs of works no two different pictures had fingerprints this near."
        )
    return _(
        "The two have the same fingerprint, but their pixels could not be laid over each other: a person should "
        "look at both."
    )


def shown_ratio(record: dict[str, Any]) -> dict[str, float] | None:
    """The likelihood ratio, of a picture that was flagged.

    Of any other it is only in the JSON: the nearest of many artists was picked because they are near, which a ratio
    for that artist does not know, and beside “no artist on record” it would be read as if one were meant.
    """
    flagged = record["outcome"] in (Outcome.STYLE_MATCH, Outcome.AMBIGUOUS)
    found: dict[str, float] | None = record["decision"].get("lr") if flagged else None
    # A calibration without trials has no ratio to tell.
    return found if found and found.get("cap") != 0 else None


def figures_of(record: dict[str, Any]) -> dict[str, Any]:
    """The figures of the calibration that *record* rests on."""
    return (record["calibration"] or {}).get("figures") or {}


def not_calibrated(decision: dict[str, Any]) -> str:
    """Why a picture that was compared is not judged."""
    reasons = decision.get("reasons", ())
    if "cohort_changed" in reasons:
        return _("Many of the works that the calibration was made with have left since, so nothing is judged.")
    if "level_not_attainable" in reasons:
        return _("The calibration is too small for the rate of mistakes that is asked for, so nothing is judged.")
    return _("No calibration is in force for this encoder and pictures of this kind, so nothing is judged.")


def _not_meant(record: dict[str, Any]) -> list[str]:
    legal = _("It is no legal judgement.")
    match record["outcome"]:
        case Outcome.COPY:
            return [_("It does not say which of the two was first, nor whether the copy was allowed."), legal]
        case Outcome.STYLE_MATCH | Outcome.AMBIGUOUS:
            return [
                _("It does not say who made the picture, nor that anybody was imitated: many artists work alike."),
                _("The resemblance does not say whether an AI made it, or what an AI was trained on."),
                legal,
            ]
        case Outcome.NO_KNOWN_ARTIST:
            return [
                _("It does not rule out that one of these artists, or anybody else, was imitated."),
                _("It does not say whether an AI made it."),
                legal,
            ]
        case _:
            return [_("It says nothing for or against a resemblance. That is not a clearance."), legal]


def question(record: dict[str, Any]) -> str:
    """What was asked, and of which population."""
    domain = str(record["decision"].get("domain") or record["question"]["domain"])
    if domain.startswith("generated:"):
        model = short(record["question"].get("generator")) or domain.partition(":")[2][:12]
        return _(
            "Does this picture resemble a known artist more than what the model %(model)s draws when it is asked "
            "for nobody's style?"
        ) % {"model": model}
    return _("Does this picture resemble a known artist more than works by artists who are not on record do?")


def compared(record: dict[str, Any]) -> str:
    """With how many works the picture was compared."""
    works, artists = record["compared"]["works"], record["compared"]["artists"]
    works = ngettext("%(count)s work", "%(count)s works", works) % {"count": number(works)}
    artists = ngettext("%(count)s artist", "%(count)s artists", artists) % {"count": number(artists)}
    return _("It was compared with %(works)s by %(artists)s.") % {"works": works, "artists": artists}


def domain(name: str, generator: str = "") -> str:
    """A domain as people say it."""
    if name == Calibration.UPLOADS:
        return _("works of artists who are not known here")
    if not name.startswith(Calibration.GENERATED):
        return name
    model = generator or name.removeprefix(Calibration.GENERATED)[:12]
    return _("pictures that the model %(model)s makes when it is asked for nobody's style") % {"model": model}


def withheld() -> str:
    """Of a picture that its reader may not see."""
    return _("The picture is not shown here, because it is not published.")


def lanes(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Each lane and fact, with what it says."""
    decision, copy, facts = record["decision"], record["copy"], record["facts"]
    content = decision.get("content")
    same = _("No known work was found in it.") if copy is None else f"{_copied(copy)} {confirmed(copy)}"
    said = [(_("Same picture"), same), (_("Same style"), _style(record))]
    if content:
        said.append((_("Same subject"), _content(content)))
    if (decision.get("unjudged") or {}).get("artists"):
        said.append((_("Compared, not judged"), _unjudged(decision["unjudged"])))
    named = ", ".join(short(each.get("artist")) for each in facts["named_in_prompt"])
    said.append((_("Named in the prompt"), named or _("nobody")))
    if facts.get("used_as_reference"):
        said.append((_("Used as a reference"), ", ".join(_work(each) for each in facts["used_as_reference"])))
    if learnt := trained_on(facts, str(decision.get("domain") or record["question"]["domain"])):
        said.append((_("The model was trained on works of"), learnt))
    return said


def trained_on(facts: dict[str, Any], domain: str) -> str:
    """Whose works the model that made a picture learnt from, by its passport; empty of what no model here made."""
    names = ", ".join(short(each.get("artist")) for each in facts.get("trained_on") or ())
    count = facts.get("trained_on_artists") or 0
    if count > len(facts.get("trained_on") or ()):
        told = {"names": names, "count": number(count)}
        return (
            _("%(names)s, and others: %(count)s artists in all") % told
            if names
            else _("%(count)s artists, none of them among the nearest here") % told
        )
    # An audit from before passports listed artists tells nothing either way.
    if not names and domain.startswith(Calibration.GENERATED) and "trained_on_artists" in facts:
        return _("(its passport does not say)")
    return names


def _work(entry: dict[str, Any]) -> str:
    return f"{short(entry.get('artist'))}, “{short(entry.get('title')) or _('Untitled')}”"


def _style(record: dict[str, Any]) -> str:
    decision = record["decision"]
    statistic, threshold = decision.get("statistic"), decision.get("threshold")
    if statistic is None:
        return _("not judged")
    nearest = short((record["artists"] or [{}])[0].get("artist"))
    facts = {"artist": nearest, "score": f"{statistic:.3f}"}
    if threshold is None:
        return _("Nearest to %(artist)s, with a score of %(score)s; not judged.") % facts
    return _("Nearest to %(artist)s, with a score of %(score)s; flagged above %(threshold)s.") % {
        **facts,
        "threshold": f"{threshold:.3f}",
    }


def _unjudged(unjudged: dict[str, int]) -> str:
    artists = ngettext("%(count)s artist", "%(count)s artists", unjudged["artists"])
    return _("%(artists)s: enrolled since the calibration was made, or with too few works.") % {
        "artists": artists % {"count": number(unjudged["artists"])}
    }


def _content(content: dict[str, Any]) -> str:
    if not content["near"]:
        return _("The subject is not near that of the artist's works, so it does not explain the resemblance.")
    facts = {"count": number(int(content["impostors"]))}
    if content["upheld"]:
        return (
            _(
                "The subject is near that of the artist's works. Compared with %(count)s works by others that show the "
                "like, the resemblance stands out all the same."
            )
            % facts
        )
    return (
        _(
            "The subject is near that of the artist's works, and it explains the resemblance: of %(count)s works by "
            "others that show the like, too many come as near."
        )
        % facts
    )


def guarantee(threshold: dict[str, Any]) -> str:
    """What one level of the calibration promises."""
    if (confidence := Calibration.confidence_of(threshold)) is not None:
        return _("bound, with %(percent)s %% confidence") % {"percent": f"{100 * confidence:g}"}
    return _("on average") if threshold.get("guarantee") == "average" else _("not attainable with so few")
