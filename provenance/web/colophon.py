"""The note at the end of the book: how a version was made, in sentences, from what is on its rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.defaultfilters import date as format_date
from django.utils.translation import gettext as _

from provenance.web.comparison import Comparison, compare
from provenance.works.models import Version

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


@dataclass(frozen=True, kw_only=True)
class Account:
    """Everything a page says about one version. Of a ``private`` prompt that is another's there are no words."""

    prompt: str
    private: bool
    sentences: list[str]
    facts: list[tuple[str, str]]
    comparison: Comparison | None


def tell(version: Version, *, asker: "AbstractBaseUser | AnonymousUser") -> Account:
    """Tell *asker* how *version* came to be. Reads only its related rows: select them with it."""
    output = version.output
    if output is None:
        return _tell_edited(version, asker)
    job = output.job
    private = job.hides_words_from(asker)
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
    if job.negative_prompt and not private:
        sentences.append(_("It was asked to leave out: “%(negative)s”.") % {"negative": job.negative_prompt})
    if not version.parents.exists():
        sentences.append(_("Nothing was changed by hand since."))
    return Account(
        prompt="" if private else job.prompt,
        private=private,
        sentences=sentences,
        facts=_facts(version),
        comparison=compare(version.audit),
    )


def _tell_edited(version: Version, asker: "AbstractBaseUser | AnonymousUser") -> Account:
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
    private = job is not None and job.hides_words_from(asker)
    facts = [(_("Size"), f"{version.width} × {version.height}"), (_("Signed file, SHA-256"), version.sha256)]
    return Account(
        prompt=job.prompt if job and not private else "",
        private=private,
        sentences=[sentence % {"parents": parents, "day": day} for sentence in sentences],
        facts=[(label, value) for label, value in facts if value],
        comparison=compare(version.audit),
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
