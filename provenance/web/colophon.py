"""The note at the end of the book: how a version was made, in sentences, from what is on its rows."""

from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import date as format_date
from django.utils.translation import gettext as _

from provenance.works.models import Version
from similarity.models import Audit


@dataclass(frozen=True, kw_only=True)
class Near:
    """One known work or artist near the picture. ``score`` is a cosine; ``bar`` is it on a 0 … 100 line."""

    artist: str
    title: str
    score: float | None

    @property
    def bar(self) -> int:
        return round(100 * min(max(self.score or 0.0, 0.0), 1.0))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the audit established, in honest words. ``tone`` is one of plain, attention, unknown."""

    headline: str
    sentences: list[str]
    tone: str
    works: list[Near]
    artists: list[Near]
    named: list[str]
    copy_facts: list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Account:
    """Everything a page says about one version."""

    prompt: str
    sentences: list[str]
    facts: list[tuple[str, str]]
    comparison: Comparison | None


def tell(version: Version) -> Account:
    """Tell how *version* came to be. Reads only its related rows: select them with it."""
    output = version.output
    if output is None:
        return _tell_edited(version)
    job = output.job
    day = format_date(output.created_at, "DATE_FORMAT")
    sentences = [
        _("Made on %(day)s by %(model)s, with seed %(seed)s, in %(steps)s steps at guidance %(guidance)s.")
        % {
            "day": day,
            "model": job.model,
            "seed": output.seed,
            "steps": job.steps,
            "guidance": f"{job.guidance:g}",
        }
    ]
    if job.negative_prompt:
        sentences.append(_("It was asked to leave out: “%(negative)s”.") % {"negative": job.negative_prompt})
    if not version.parents.exists():
        sentences.append(_("Nothing was changed by hand since."))
    return Account(prompt=job.prompt, sentences=sentences, facts=_facts(version), comparison=_comparison(version.audit))


def _tell_edited(version: Version) -> Account:
    """Of a version that people or models changed: what it was before, and where the rest is told."""
    day = format_date(version.created_at, "DATE_FORMAT")
    parents = ", ".join(str(number) for number in version.parents.order_by("number").values_list("number", flat=True))
    sitting = getattr(version, "sitting", None)
    if sitting is None:
        sentences = [_("Added on %(day)s.")]
    elif sitting.edits.filter(standing="declared").exists():
        sentences = [_("Edited elsewhere from version %(parents)s, and added on %(day)s.")]
    else:
        sentences = [_("Edited here from version %(parents)s; finished on %(day)s.")]
    job = version.work.job
    facts = [(_("Size"), f"{version.width} × {version.height}"), (_("Signed file, SHA-256"), version.sha256)]
    return Account(
        prompt=job.prompt if job else "",
        sentences=[sentence % {"parents": parents, "day": day} for sentence in sentences],
        facts=[(label, value) for label, value in facts if value],
        comparison=_comparison(version.audit),
    )


def _facts(version: Version) -> list[tuple[str, str]]:
    """Label and value of everything needed to make the picture again, for those who ask."""
    output = version.output
    assert output is not None
    job, passport = output.job, output.job.passport
    facts = [
        (_("Size"), f"{output.width} × {output.height}"),
        (_("Seed"), output.seed),
        (_("Steps"), str(job.steps)),
        (_("Guidance"), f"{job.guidance:g}"),
    ]
    if passport is not None:
        facts += [
            (_("Model"), passport.source),
            (_("Weights, SHA-256"), passport.weights_sha256),
            (_("Scheduler"), passport.scheduler),
            (_("Licence of the model"), passport.licence),
            (_("Trained on"), passport.training_statement),
        ]
    facts += [
        (_("Rendered on"), f"{output.device}, {output.dtype}"),
        (_("Software"), ", ".join(f"{name} {number}" for name, number in output.software.items())),
        (_("Batch"), str(output.batch_size)),
        (_("Signed file, SHA-256"), version.sha256),
    ]
    return [(label, value) for label, value in facts if value]


def _comparison(audit: Audit | None) -> Comparison | None:
    if audit is None:
        return None
    headline, sentences, tone = _judgement(audit)
    return Comparison(
        headline=headline,
        sentences=sentences,
        tone=tone,
        works=[_near(entry) for entry in audit.works],
        artists=[_near(entry) for entry in audit.artists],
        named=[_name(entry) for entry in audit.named_in_prompt],
        copy_facts=_copy_facts(audit.copy_of),
    )


def _judgement(audit: Audit) -> tuple[str, list[str], str]:
    artist = audit.artist_name
    compared = audit.compared_with()
    match audit.outcome:
        case Audit.Outcome.COPY:
            return (
                _("The same picture as a known work"),
                [_("The pixels were matched with a work that is on record here; a person decides what follows.")],
                "attention",
            )
        case Audit.Outcome.STYLE_MATCH:
            return _("Resembles the style of %(artist)s") % {"artist": artist}, [compared], "attention"
        case Audit.Outcome.AMBIGUOUS:
            return _("Resembles several artists"), [compared, _("No single one stands out.")], "attention"
        case Audit.Outcome.NO_KNOWN_ARTIST:
            return (
                _("Resembles no artist on record"),
                [compared, _("That says nothing about artists whose works are not here.")],
                "plain",
            )
        case Audit.Outcome.INSUFFICIENT_REFERENCES:
            return _("Too few works to compare with"), [compared, _("No judgement is made.")], "unknown"
        case Audit.Outcome.NOT_CALIBRATED:
            return (
                _("Compared, not judged"),
                [
                    compared,
                    _("This service is not yet calibrated to judge style, so no judgement is made."),
                ],
                "unknown",
            )
        case _:
            told = [_("The comparison could not be made. That is not a clearance.")]
            return _("Could not be judged"), told + ([audit.error] if audit.error else []), "unknown"


def _near(entry: dict[str, Any]) -> Near:
    score = entry.get("score")
    return Near(
        artist=_name(entry),
        title=str(entry.get("title") or ""),
        score=float(score) if isinstance(score, int | float) else None,
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
    if not code.startswith("image_code"):
        return ""
    if code.endswith("_mirrored"):
        return _("the same image-code when mirrored, and the encoder agrees")
    if "_cropped" in code:
        return _("the same image-code when cropped, and the encoder agrees")
    return _("the same image-code, and the encoder agrees")
