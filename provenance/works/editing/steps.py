"""Take one step in a sitting: check it, apply it to the canvas, and keep it with the mask of what it changed."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.stored_files import require_room
from idempotency.once import Once, once
from provenance.works.editing import canvases
from provenance.works.editing.measure import describe
from provenance.works.editing.model_steps import Request, ask, request_for
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.operations.catalogue import operation_from
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.generated import Generated
from provenance.works.editing.operations.operation import Operation
from provenance.works.editing.sittings import change, require_open
from provenance.works.editing.wording import told
from provenance.works.errors import WorkError

STEPS_MAX = 200

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Change


def take_step(
    *,
    sitting: Sitting,
    revision: int,
    operation: object,
    parameters: object,
    started_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> tuple[Edit, bool]:
    """Apply *operation* after the steps that count; the row, and whether it is new.

    A step of a model is handed to a worker and answered at once, without pixels yet. *started_at* is
    when the person began with it, as their page says; times outside the sitting are moved into it.

    Raises :class:`WorkError`: the codes of the operations, ``sitting_closed``, ``stale_revision``,
    ``step_pending``, ``too_many_steps``, ``storage_full``, ``bad_idempotency_key``, ``idempotency_conflict``; and
    :class:`GenerationError` for what cannot be asked of a model. Nothing is kept then.
    """
    try:
        wanted = operation_from(operation, parameters)
    except OperationError as error:
        raise told(error) from error
    request = once(
        mine=Edit.objects.filter(sitting=sitting),
        key=idempotency_key,
        body={"operation": wanted.kind, "parameters": json.dumps(wanted.parameters(), sort_keys=True)},
        refuse=WorkError,
    )
    try:
        return _taken(sitting, wanted, revision=revision, started_at=started_at, request=request)
    except WorkError:
        # Perhaps this very request, sent twice, was faster: then it is answered, not refused.
        if (earlier := request.earlier()) is not None:
            return earlier, False
        raise


def _taken(
    sitting: Sitting, wanted: Operation, *, revision: int, started_at: datetime | None, request: Once[Edit]
) -> tuple[Edit, bool]:
    if (earlier := request.earlier()) is not None:
        return earlier, False
    _may_step(sitting, revision)
    require_room(sitting.owner_id, refuse=WorkError)
    now = timezone.now()
    began = min(max(started_at or now, sitting.started_at), now)
    edit = Edit(
        sitting=sitting,
        operation=wanted.kind,
        parameters=wanted.parameters(),
        started_at=began,
        **request.columns,
    )
    canvas = canvases.canvas_of(sitting)
    done: Change | None = None
    seen: Request | None = None
    try:
        if isinstance(wanted, Generated):
            seen = request_for(wanted, canvas)
        else:
            done = wanted.apply(canvas)
    except OperationError as error:
        raise told(error) from error
    if done is not None:
        for name, value in {**describe(done, owner_id=sitting.owner_id), "ended_at": now}.items():
            setattr(edit, name, value)

    def create() -> Edit:
        change(sitting.pk, revision=revision)
        edit.order = (sitting.edits.aggregate(last=Max("order"))["last"] or 0) + 1
        if seen is not None:
            edit.job = ask(seen, sitting=sitting)
            edit.width, edit.height = canvas.width, canvas.height
        edit.save(force_insert=True)
        return edit

    made, new = request.make(create)
    if done is not None and new:
        canvases.remember(sitting, done.canvas)
    return made, new


def _may_step(sitting: Sitting, revision: int) -> None:
    """What would be refused anyway is refused before the pixels are touched."""
    require_open(sitting)
    if sitting.revision != revision:
        with transaction.atomic():
            change(sitting.pk, revision=revision)
            raise WorkError("stale_revision", _("The sitting has changed since. Load it again."), field="revision")
    if any(edit.pending for edit in sitting.active_edits()):
        raise WorkError("step_pending", _("A model still works on the last step. Wait for it, or take it back."))
    if sitting.edits.count() >= STEPS_MAX:
        sentence = _("A sitting has at most %(limit)d steps. Commit this one and begin another on its version.")
        raise WorkError("too_many_steps", sentence % {"limit": STEPS_MAX})
