"""Settle a case: publish the held version, or refuse it."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.ledger.append import append
from provenance.review.errors import ReviewError
from provenance.review.models import Case, Decision
from provenance.works.models import Version

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MAX_REASON = 2_000


def decide(
    *, case: Case, reviewer: "User | AnonymousUser", ruling: str, reason: str, audit: UUID | None = None
) -> Decision:
    """Record *ruling* with its *reason* and move the version, once; only while *audit*, if given, is the one it has.

    Raises ``ReviewError``: ``not_a_reviewer``, ``own_work``, ``unknown_ruling``,
    ``reason_required``, ``reason_too_long``, ``already_decided``, ``audit_changed``.
    """
    if reviewer.is_anonymous or not reviewer.has_perm("review.decide_case"):
        raise ReviewError("not_a_reviewer", _("Only reviewers can decide cases."))
    if case.version.work.owner_id == reviewer.pk:
        raise ReviewError("own_work", _("Somebody else must decide about your own work."))
    if ruling not in Decision.Ruling.values:
        raise ReviewError("unknown_ruling", _("A case is decided by “publish” or “refuse”."))
    reason = reason.strip()
    if not reason:
        raise ReviewError("reason_required", _("Say why: the decision must be explainable a year from now."))
    if len(reason) > MAX_REASON:
        raise ReviewError("reason_too_long", _("Keep the reason under %(limit)s characters.") % {"limit": MAX_REASON})
    published = ruling == Decision.Ruling.PUBLISH
    with transaction.atomic():
        held = Version.objects.filter(pk=case.version_id, status=Version.Status.HELD)
        moved = (held if audit is None else held.filter(audit=audit)).update(
            status=Version.Status.PUBLISHED if published else Version.Status.REFUSED,
            published_at=timezone.now() if published else None,
        )
        if not moved and held.exists():
            raise ReviewError(
                "audit_changed", _("This picture was audited again meanwhile. Look at what was found, then decide.")
            )
        if not moved:
            raise ReviewError("already_decided", _("This case was decided already."))
        decision = Decision.objects.create(case=case, reviewer=reviewer, ruling=ruling, reason=reason)
        append(
            key=f"decision:{decision.pk}",
            kind=f"case.{ruling}",
            subject=case.version_id,
            actor=reviewer,
            payload={"case": str(case.pk)},
            personal={"reason": reason},
        )
    return decision
