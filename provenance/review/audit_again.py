"""Audit a held version again whose audit could not judge it: asked for as a row, done on the similarity queue."""

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from generation import blobs
from generation.delivery import ring
from generation.leases import new_owner
from provenance.ledger.append import append
from provenance.review.errors import ReviewError
from provenance.review.models import Case, SecondAudit
from provenance.works.audit_version import asked_of
from provenance.works.models import Version
from provenance.works.publish import fate
from provenance.works.stages import LeaseLost, give_back, give_up, keeping
from similarity.models import Audit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

TASK = "provenance.review.tasks.audit_again"
log = structlog.get_logger(__name__)


def ask_again(*, case: Case, by: "User | AnonymousUser") -> SecondAudit:
    """Have the held version of *case* audited again, for a reviewer; the row that waits, if one does already.

    Raises ``ReviewError``: ``not_a_reviewer``, ``own_work``, ``already_decided``, or ``audit_stands`` when the audit
    it has did judge it.
    """
    if by.is_anonymous or not by.has_perm("review.decide_case"):
        raise ReviewError("not_a_reviewer", _("Only reviewers can have a picture audited again."))
    if case.version.work.owner_id == by.pk:
        raise ReviewError("own_work", _("Somebody else must decide about your own work."))
    return _asked(case, by)


def ask_all_again(*, code: str = "") -> int:
    """As ``ask_again`` for every undecided case whose audit failed (with error *code*, or any); how many wait now.

    For an operator who has mended what made audits fail.
    """
    cases = could_not_judge(Case.objects.select_related("version__audit"))
    if code:
        cases = cases.filter(version__audit__error_code=code)
    for case in cases.iterator():
        with contextlib.suppress(ReviewError):  # decided this moment
            _asked(case, None)
    return SecondAudit.objects.filter(case__in=cases, status=SecondAudit.Status.WAITING).count()


def could_not_judge(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Of *cases* those that wait for a decision with an audit that judged nothing."""
    return cases.filter(version__status=Version.Status.HELD, version__audit__outcome=Audit.Outcome.FAILED)


def audit_again(pk: UUID) -> bool:
    """Do what the row asks for, if it waits; whether this call ended it. Safe to run twice.

    A person still decides: nothing here publishes or refuses. What was decided meanwhile stands as it is.
    """
    owner = new_owner()
    rows = SecondAudit.objects.all()
    if not rows.claim(pk, owner=owner, statuses=[SecondAudit.Status.WAITING]):
        return False
    row = SecondAudit.objects.select_related("case__version__work", "case__version__output", "asked_by").get(pk=pk)
    with structlog.contextvars.bound_contextvars(version_id=str(row.case.version_id), attempt=row.attempts):
        fail = partial(_end, row, owner, status=SecondAudit.Status.FAILED)
        if row.attempts > settings.MAX_ATTEMPTS:
            return give_up(row, fail=fail)
        try:
            with keeping(rows, row.pk, owner=owner):
                audit = _audited(row.case.version)
            with transaction.atomic():
                if not _write(row, audit, owner):
                    raise LeaseLost
        except LeaseLost:
            log.warning("lease_lost")
            return False
        except Exception as error:
            return give_back(rows, row, owner=owner, error=error, fail=fail)
    return True


def _asked(case: Case, by: "User | None") -> SecondAudit:
    before = case.version.audit
    if case.version.status != Version.Status.HELD:
        raise ReviewError("already_decided", _("This case was decided already."))
    if before is None or before.outcome != Audit.Outcome.FAILED:
        raise ReviewError("audit_stands", _("This picture was compared. Only what could not be is audited again."))
    waiting = SecondAudit.objects.filter(case=case, status=SecondAudit.Status.WAITING)
    row: SecondAudit | None = waiting.first()
    if row is not None:
        return row
    row = SecondAudit(case=case, asked_by=by, before=before)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            ring(TASK, str(row.pk))
    except IntegrityError:  # somebody else asked at the same moment
        row = SecondAudit.objects.filter(case=case).latest("created_at")
    return row


def _audited(version: Version) -> Audit:
    from similarity.audit import audit_image  # brings numpy, which the web process does without

    return audit_image(blobs.get(version.pixels_blob), subject=version.pk, asked=asked_of(version))


def _write(row: SecondAudit, audit: Audit, owner: str) -> bool:
    """Put *audit* in the place of the one before, which stays as a row; False when the lease was lost."""
    version = Version.objects.select_related("work").select_for_update(of=("self",)).get(pk=row.case.version_id)
    if version.status != Version.Status.HELD or version.audit_id != row.before_id:
        return _end(row, owner, status=SecondAudit.Status.TOO_LATE, error_code="", error="")
    audit.owner_id = version.work.owner_id
    audit.save()
    held = Version.objects.filter(pk=version.pk, status=Version.Status.HELD, audit=row.before_id)
    if not held.update(audit=audit):
        raise LeaseLost
    # What it would be held for now. With an outcome that holds nothing back the case keeps why it was opened.
    if reason := fate(audit.outcome, hold_style=settings.HOLD_STYLE_MATCHES).reason:
        Case.objects.filter(pk=row.case_id).update(reason=reason)
    append(
        key=f"second-audit:{row.pk}",
        kind="case.audited_again",
        subject=version.pk,
        actor=row.asked_by or "",
        payload={
            "case": str(row.case_id),
            "before": str(row.before_id),
            "audit": str(audit.pk),
            "outcome": audit.outcome,
            "reason": reason,
        },
    )
    return _end(row, owner, status=SecondAudit.Status.DONE, after=audit, error_code="", error="")


def _end(row: SecondAudit, owner: str, **changes: Any) -> bool:
    return SecondAudit.objects.all().finish(row.pk, owner=owner, ended_at=timezone.now(), **changes)
