"""Ask for an audit of many pictures as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from generation.delivery import ring
from idempotency.once import once
from provenance.audits.models import SetAudit
from provenance.works.errors import WorkError
from provenance.works.models import Version

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
    idempotency_key: str | None = None,
) -> tuple[SetAudit, bool]:
    """A set audit for *owner*, to be judged by a worker, and whether it is new.

    *kind* ``versions`` takes ids of versions the asker may see; ``person`` a username (one's own, or anybody's
    for whoever has ``audits.audit_everybody``), narrowed to a *model*'s pictures if one is named; ``model`` the
    name of a model, for the latter only. Of more than ``MOST`` pictures the newest are taken.

    Raises ``WorkError``: ``unknown_kind``, ``unknown_version``, ``unknown_person``, ``unknown_model``,
    ``too_few_pictures``, ``not_a_reviewer``, ``bad_idempotency_key``, ``idempotency_conflict``.
    """
    body = {"kind": kind, "versions": sorted(map(str, versions)), "person": person, "model": model}
    request = once(mine=SetAudit.objects.filter(owner=owner), key=idempotency_key, body=body, refuse=WorkError)
    if (earlier := request.earlier()) is not None:
        return earlier, False
    chosen, name = _chosen(owner, kind, versions, person, model)
    found = chosen.filter(audit__isnull=False).order_by("-created_at", "-pk")
    ids = [str(pk) for pk in found.values_list("pk", flat=True)[:MOST]][::-1]
    if len(ids) < LEAST:
        raise WorkError(
            "too_few_pictures", _("A set needs at least %(count)s pictures that were compared.") % {"count": LEAST}
        )

    def create() -> SetAudit:
        row = SetAudit.objects.create(
            owner=owner, kind=kind, name=name, versions=ids, left_out=found.count() - len(ids), **request.columns
        )
        ring(JUDGE_TASK, str(row.pk))
        return row

    return request.make(create)


def _chosen(
    owner: User, kind: str, versions: Sequence[UUID], person: str, model: str
) -> "tuple[QuerySet[Version], str]":
    """The versions asked about, and the name of whose they are."""
    everybodys = owner.has_perm("audits.audit_everybody")
    every = Version.objects.all()
    if kind == SetAudit.Kind.VERSIONS:
        found: QuerySet[Any] = Version.objects.visible_to(owner).filter(pk__in=versions)
        if missing := set(versions) - set(found.values_list("pk", flat=True)):
            sentence = _("There is no such version: %(id)s.") % {"id": sorted(map(str, missing))[0]}
            raise WorkError("unknown_version", sentence, field="versions")
        return found, ""
    if kind == SetAudit.Kind.PERSON:
        if person != owner.get_username() and not everybodys:
            raise _not_a_reviewer()
        if not User.objects.filter(username=person).exists():
            raise WorkError("unknown_person", _("There is nobody of this name."), field="person")
        found = every.filter(work__owner__username=person)
        return (found.filter(output__job__model=model) if model else found), person
    if kind == SetAudit.Kind.MODEL:
        if not everybodys:
            raise _not_a_reviewer()
        found = every.filter(output__job__model=model)
        if not model or not found.exists():
            raise WorkError("unknown_model", _("No picture here was made by a model of this name."), field="model")
        return found, model
    raise WorkError("unknown_kind", _("A set is of “versions”, a “person” or a “model”."), field="kind")


def _not_a_reviewer() -> WorkError:
    return WorkError("not_a_reviewer", _("Only reviewers can have other people's pictures and models judged."))
