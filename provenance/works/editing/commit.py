"""Turn a sitting into one version, which then goes the way of every version."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.delivery import ring
from generation.stored_files import require_room
from provenance.ledger.append import append
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.sittings import change
from provenance.works.errors import WorkError
from provenance.works.models import Version, Work

COMPOSE_TASK = "provenance.works.tasks.compose"
CLAIMED_MINUTES_MAX = 100_000


def commit(sitting: Sitting, *, revision: int, claimed_minutes: int | None = None) -> Version:
    """Make the version; asked again, the version it made before.

    Exactly once: the sitting's move from open to committed, the version and the ledger's event are
    one transaction. The picture is put together by a worker afterwards.

    Raises :class:`WorkError`: ``nothing_changed``, ``step_pending``, ``bad_claimed_minutes``, ``storage_full`` and
    those of :func:`provenance.works.editing.sittings.change`.
    """
    if sitting.version is not None:
        return sitting.version
    check_claimed_minutes(claimed_minutes)
    try:
        return _made(sitting, revision=revision, claimed_minutes=claimed_minutes)
    except WorkError:
        # Perhaps the same request, sent twice, was faster: then it is answered, not refused.
        again = Sitting.objects.select_related("version").get(pk=sitting.pk)
        if again.version is not None:
            return again.version
        raise


def _made(sitting: Sitting, *, revision: int, claimed_minutes: int | None) -> Version:
    with transaction.atomic():
        steps = list(sitting.active_edits())
        if not steps:
            raise WorkError("nothing_changed", _("Nothing was changed, so there is no new version to make."))
        if any(step.pending for step in steps):
            raise WorkError("step_pending", _("A model still works on the last step. Wait for it, or take it back."))
        require_room(sitting.owner_id, refuse=WorkError)
        work = Work.objects.select_for_update().get(pk=sitting.parent.work_id)
        version = new_version(work, parent=sitting.parent, width=steps[-1].width, height=steps[-1].height)
        change(
            sitting.pk,
            revision=revision,
            status=Sitting.Status.COMMITTED,
            version=version,
            ended_at=timezone.now(),
            claimed_minutes=claimed_minutes,
        )
        sitting.refresh_from_db()
        append(
            key=f"sitting-committed:{sitting.pk}",
            kind="sitting.committed",
            subject=sitting.pk,
            actor=sitting.owner,
            payload={
                "work": str(work.pk),
                "parent": str(sitting.parent_id),
                "version": str(version.pk),
                "steps": [summary(step) for step in steps],
                "active_seconds": round(sitting.active.total_seconds()),
                "claimed_minutes": claimed_minutes,
            },
        )
    return version


def new_version(work: Work, *, parent: Version, width: int, height: int) -> Version:
    """The next version of *work*, which a worker is rung for when the caller's transaction has committed."""
    number = (work.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = Version.objects.create(work=work, number=number, status=Version.Status.EDITED, width=width, height=height)
    version.parents.add(parent)
    ring(COMPOSE_TASK, str(version.pk))
    return version


def summary(step: Edit) -> dict[str, object]:
    """What the ledger tells of a step: never its texts, which may be anybody's words."""
    return {
        "order": step.order,
        "operation": step.operation,
        "standing": step.standing,
        "output": step.output.sha256 if step.output else "",
        "changed": step.changed,
    }


def check_claimed_minutes(minutes: int | None) -> None:
    if minutes is not None and not 0 <= minutes <= CLAIMED_MINUTES_MAX:
        raise WorkError(
            "bad_claimed_minutes",
            _("Claimed minutes must be from 0 to %(limit)d.") % {"limit": CLAIMED_MINUTES_MAX},
            field="claimed_minutes",
        )
