"""Begin a sitting, look after it, and end it without a result."""

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.cancel import cancel
from generation.errors import GenerationError
from idempotency.once import once
from provenance.ledger.append import append
from provenance.works.editing.models import IDLE, Edit, Sitting
from provenance.works.editing.operations.checks import PIXELS_MAX
from provenance.works.errors import WorkError
from provenance.works.models import Version

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def begin(*, parent: Version, owner: "User", idempotency_key: str | None = None) -> tuple[Sitting, bool]:
    """Open a sitting on a published version of *owner*'s own; whether it is new.

    Raises :class:`WorkError`: ``not_yours``, ``not_published``, ``picture_too_large_to_edit``,
    ``bad_idempotency_key``, ``idempotency_conflict``.
    """
    require_editable(parent, owner)
    if parent.width * parent.height > PIXELS_MAX:
        sentence = _("The picture has %(width)d × %(height)d pixels; at most %(limit)s million can be edited here.")
        sentence %= {"width": parent.width, "height": parent.height, "limit": f"{PIXELS_MAX / 1e6:g}"}
        raise WorkError("picture_too_large_to_edit", sentence, field="parent")
    request = once(
        mine=Sitting.objects.filter(owner_id=owner.pk),
        key=idempotency_key,
        body={"parent": str(parent.pk)},
        refuse=WorkError,
    )
    if (earlier := request.earlier()) is not None:
        return earlier, False
    now = timezone.now()
    return request.make(
        lambda: Sitting.objects.create(parent=parent, owner=owner, started_at=now, seen_at=now, **request.columns)
    )


def require_editable(parent: Version, owner: "User") -> None:
    """Raises :class:`WorkError` ``not_yours`` or ``not_published``."""
    if parent.work.owner_id != owner.pk:
        raise WorkError("not_yours", _("Only the owner of a work can edit it."), field="parent")
    if parent.status != Version.Status.PUBLISHED:
        raise WorkError("not_published", _("Only a published version can be edited."), field="parent")


def change(sitting_id: UUID, *, revision: int, **changes: Any) -> None:
    """Move an open sitting on from *revision*, inside the caller's transaction, and count the time since.

    Raises :class:`WorkError` ``sitting_closed`` or ``stale_revision``; then nothing was written.
    """
    sitting = Sitting.objects.get(pk=sitting_id)
    moved = Sitting.objects.filter(pk=sitting_id, status=Sitting.Status.OPEN, revision=revision)
    if not moved.update(revision=F("revision") + 1, **_seen(sitting, timezone.now()), **changes):
        sitting.refresh_from_db()
        require_open(sitting)
        raise WorkError(
            "stale_revision",
            _("The sitting has changed since (it is at revision %(now)d, not %(seen)d). Load it again.")
            % {"now": sitting.revision, "seen": revision},
            field="revision",
        )


def _seen(sitting: Sitting, now: datetime) -> dict[str, Any]:
    gap = now - sitting.seen_at
    worked = {"active": F("active") + gap} if gap <= IDLE else {}
    return {"seen_at": now, **worked}


def require_open(sitting: Sitting) -> None:
    if sitting.status != Sitting.Status.OPEN:
        sentence = _("This sitting has ended (%(status)s). Begin another on the version you want to change.")
        raise WorkError("sitting_closed", sentence % {"status": sitting.get_status_display()})


def see(sitting: Sitting) -> None:
    """Somebody is at work on it: a pointer moved, a key was pressed."""
    Sitting.objects.filter(pk=sitting.pk, status=Sitting.Status.OPEN, seen_at=sitting.seen_at).update(
        **_seen(sitting, timezone.now())
    )
    sitting.refresh_from_db()


def undo(sitting: Sitting, *, revision: int) -> Edit:
    """Take the last step back; it stays on record. A model that works on it is stopped.

    Raises :class:`WorkError` ``nothing_to_undo`` and those of :func:`change`.
    """
    with transaction.atomic():
        change(sitting.pk, revision=revision)
        edit = sitting.active_edits().last()
        if edit is None:
            raise WorkError("nothing_to_undo", _("There is no step to take back."))
        _stop(edit)
        edit.undone = True
        edit.save(update_fields=["undone"])
    return edit


def redo(sitting: Sitting, *, revision: int) -> Edit:
    """Bring back the step that was undone last, while nothing followed it. Raises ``nothing_to_redo``."""
    with transaction.atomic():
        change(sitting.pk, revision=revision)
        edit = redoable(sitting)
        if edit is None:
            raise WorkError("nothing_to_redo", _("There is no step to bring back."))
        edit.undone = False
        edit.save(update_fields=["undone"])
    return edit


def redoable(sitting: Sitting) -> Edit | None:
    """The step that :func:`redo` would bring back."""
    last = sitting.active_edits().last()
    later = sitting.edits.filter(undone=True, order__gt=last.order if last else 0)
    # A model's step that was stopped or failed has no pixels to bring back.
    return later.exclude(job__isnull=False, mask="").order_by("order").first()


def abandon(sitting: Sitting, *, revision: int) -> None:
    """End the sitting without a version. Its steps stay on record."""
    with transaction.atomic():
        change(sitting.pk, revision=revision, status=Sitting.Status.ABANDONED, ended_at=timezone.now())
        for edit in sitting.active_edits().filter(job__isnull=False, output__isnull=True):
            _stop(edit)
        append(
            key=f"sitting-abandoned:{sitting.pk}",
            kind="sitting.abandoned",
            subject=sitting.pk,
            actor=sitting.owner,
            payload={
                "work": str(sitting.parent.work_id),
                "parent": str(sitting.parent_id),
                "steps": sitting.active_edits().count(),
            },
        )
    sitting.refresh_from_db()


def _stop(edit: Edit) -> None:
    if edit.job is not None and edit.output_id is None:
        with contextlib.suppress(GenerationError):  # it has just ended; its picture is kept with the job
            cancel(edit.job)
