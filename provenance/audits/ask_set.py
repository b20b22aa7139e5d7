"""Ask for an audit of many pictures as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from generation.delivery import ring
from idempotency.once import once
from provenance.audits.domains import Domain, domains_among, with_domain
from provenance.audits.models import SetAudit
from provenance.works.errors import WorkError
from provenance.works.models import Version
from similarity.models import Calibration

if TYPE_CHECKING:
    from django.db.models import QuerySet

JUDGE_TASK = "provenance.audits.tasks.judge_set"
LEAST, MOST = 2, 500


def ask_set(
    *,
    owner: User,
    kind: str,
    versions: Sequence[UUID] = (),
    person: str = "",
    model: str = "",
    domain: str = "",
    idempotency_key: str | None = None,
) -> tuple[SetAudit, bool]:
    """A set audit for *owner*, to be judged by a worker, and whether it is new.

    *kind* ``versions`` takes ids of versions the asker may see; ``person`` a username (one's own, or anybody's
    for whoever has ``audits.audit_everybody``), narrowed to a *model*'s pictures if one is named; ``model`` the
    name of a model, for the latter only. Of these, pictures of one *domain* are judged, which must be named where
    there are several; of a model's, those by the weights that made the newest picture are taken if none is named. Of
    more than ``MOST`` pictures the newest are taken.

    Raises ``WorkError``: ``unknown_kind``, ``unknown_version``, ``unknown_person``, ``unknown_model``,
    ``unknown_domain``, ``mixed_domains``, ``too_few_pictures``, ``not_a_reviewer``, ``bad_idempotency_key``,
    ``idempotency_conflict``.
    """
    body = {"kind": kind, "versions": sorted(map(str, versions)), "person": person, "model": model}
    body |= {"domain": domain} if domain else {}
    request = once(mine=SetAudit.objects.filter(owner=owner), key=idempotency_key, body=body, refuse=WorkError)
    if (earlier := request.earlier()) is not None:
        return earlier, False
    chosen, name = _chosen(owner, kind, versions, person, model)
    domain = _domain(domains_among(chosen), domain, newest=bool(model) and kind != SetAudit.Kind.VERSIONS)
    found = chosen.filter(domain=domain).order_by("-created_at", "-pk")
    ids = [str(pk) for pk in found.values_list("pk", flat=True)[:MOST]][::-1]
    if len(ids) < LEAST:
        raise WorkError(
            "too_few_pictures", _("A set needs at least %(count)s pictures that were compared.") % {"count": LEAST}
        )

    def create() -> SetAudit:
        row = SetAudit.objects.create(
            owner=owner,
            kind=kind,
            name=name,
            domain=domain,
            versions=ids,
            left_out=found.count() - len(ids),
            **request.columns,
        )
        ring(JUDGE_TASK, str(row.pk))
        return row

    return request.make(create)


def domains_of(*, owner: User, kind: str, person: str = "", model: str = "") -> list[Domain]:
    """What *owner* can choose among when asking as ``ask_set`` takes it, the newest first. Raises as it does."""
    return domains_among(_chosen(owner, kind, (), person, model)[0])


def _domain(domains: Sequence[Domain], asked: str, *, newest: bool) -> str:
    """The one that is judged; empty where there are no pictures."""
    names = [each.domain for each in domains]
    if asked and asked not in names:
        raise WorkError("unknown_domain", _("There are no such pictures among these."), field="domain")
    if len(names) > 1 and not asked and not newest:
        message = _("These pictures are of several kinds, which are judged apart. Choose one.")
        raise WorkError("mixed_domains", message, field="domain")
    return asked or next(iter(names), "")


def _chosen(owner: User, kind: str, versions: Sequence[UUID], person: str, model: str) -> "tuple[QuerySet[Any], str]":
    """The compared versions asked about, with their domains, and the name of whose they are."""
    everybodys = owner.has_perm("audits.audit_everybody")
    every = with_domain(Version.objects.filter(audit__isnull=False))
    # What somebody worked on elsewhere is an upload, whoever made it first.
    by_model = every.filter(output__job__model=model, domain__startswith=Calibration.GENERATED)
    if kind == SetAudit.Kind.VERSIONS:
        found = Version.objects.visible_to(owner).filter(pk__in=versions)
        if missing := set(versions) - set(found.values_list("pk", flat=True)):
            sentence = _("There is no such version: %(id)s.") % {"id": sorted(map(str, missing))[0]}
            raise WorkError("unknown_version", sentence, field="versions")
        return every.filter(pk__in=found), ""
    if kind == SetAudit.Kind.PERSON:
        if person != owner.get_username() and not everybodys:
            raise _not_a_reviewer()
        if not User.objects.filter(username=person).exists():
            raise WorkError("unknown_person", _("There is nobody of this name."), field="person")
        return (by_model if model else every).filter(work__owner__username=person), person
    if kind == SetAudit.Kind.MODEL:
        if not everybodys:
            raise _not_a_reviewer()
        if not model or not Version.objects.filter(output__job__model=model).exists():
            raise WorkError("unknown_model", _("No picture here was made by a model of this name."), field="model")
        return by_model, model
    raise WorkError("unknown_kind", _("A set is of “versions”, a “person” or a “model”."), field="kind")


def _not_a_reviewer() -> WorkError:
    return WorkError("not_a_reviewer", _("Only reviewers can have other people's pictures and models judged."))
