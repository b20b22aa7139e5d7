"""Steps a model makes: hand the canvas to a worker, and take the picture when it is there."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from generation.delivery import mark_delivered
from generation.models import Job, Output
from generation.submit import submit
from provenance.ledger.append import append
from provenance.works.editing import canvases
from provenance.works.editing.measure import describe
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.generated import Generated
from provenance.works.receive import record_request

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Ink, Pixels

log = structlog.get_logger(__name__)

FINISHED_TASK = "provenance.works.tasks.receive_step"


@dataclass(frozen=True)
class Request:
    """A step with the pictures its model gets, as PNG files."""

    wanted: Generated
    source: bytes
    mask: bytes | None


def request_for(wanted: Generated, canvas: "Canvas") -> Request:
    """What is seen of *canvas*, and the part the model may redraw. Raises ``OperationError``."""
    selection = wanted.selection(canvas)
    if selection is not None and not selection.any():
        raise OperationError("mask_empty", _("The mask lies outside the picture."), field="mask")
    return Request(wanted, _png(canvas.flat()), None if selection is None else _png(selection))


def ask(request: Request, *, sitting: Sitting) -> Job:
    """Submit the job, inside the caller's transaction. Raises ``GenerationError`` as ``submit`` does."""
    wanted = request.wanted
    origin = _job_behind(sitting)
    prompt, negative = wanted.prompt, wanted.negative_prompt
    if not prompt and origin is not None:
        prompt, negative = origin.prompt, negative or origin.negative_prompt
    job, _new = submit(
        owner=sitting.owner,
        prompt=prompt,
        negative_prompt=negative,
        model=wanted.model,
        seed=wanted.seed or None,
        steps=wanted.steps or None,
        guidance=wanted.guidance or None,
        operation=wanted.job_operation,
        source=request.source,
        mask=request.mask,
        strength=wanted.strength,
        private_prompt=bool(origin and origin.private_prompt),
        on_finish=FINISHED_TASK,
    )
    return job


def _job_behind(sitting: Sitting) -> Job | None:
    """The job the edited work began with."""
    return sitting.parent.work.job


def _png(pixels: "Pixels | Ink") -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def receive_step(job_id: UUID) -> Edit | None:
    """Give an ended job's picture to the step that asked for it, exactly once; without one the step is undone.

    Safe to run twice and in two processes: whoever marks the job delivered first does it. Called by
    the job's doorbell, and by whoever looks at a sitting that still waits.
    """
    edit = Edit.objects.select_related("sitting__parent__output").get(job=job_id)
    output = Output.objects.filter(job=job_id, job__status=Job.Status.SUCCEEDED).first()
    # The slow part is outside the transaction; nothing before a step can change while it waits.
    measured = {} if output is None or edit.undone else _measure(edit, output)
    with transaction.atomic():
        if not mark_delivered(job_id):
            return None
        job = Job.objects.select_related("owner", "passport").get(pk=job_id)
        record_request(job)
        append(
            key=f"job-ended:{job.pk}",
            kind=f"job.{job.status}",
            subject=job.pk,
            payload={
                "work": str(edit.sitting.parent.work_id),
                "sitting": str(edit.sitting_id),
                "step": edit.order,
                "code": job.error_code,
                "weights": job.passport.weights_sha256 if job.passport else "",
                "outputs": [{"sha256": it.sha256, "seed": it.seed} for it in job.outputs.all()],
            },
        )
        row = Edit.objects.select_for_update().get(pk=edit.pk)
        for name, value in {"output": output, "ended_at": timezone.now(), **measured}.items():
            setattr(row, name, value)
        row.undone = row.undone or output is None or not measured
        row.save()
    log.info("step_received", job_id=str(job_id), sitting_id=str(edit.sitting_id), status=job.status)
    return row


def _measure(edit: Edit, output: Output) -> dict[str, Any]:
    """What the row tells of where the model changed the picture; empty when its picture does not fit."""
    try:
        done = canvases.operation_of(edit).apply(canvases.canvas_before(edit), pixels=canvases.pixels_of(output.blob))
    except OperationError as error:
        log.error("step_does_not_fit", edit=str(edit.pk), code=error.code)
        return {}
    return describe(done, owner_id=edit.sitting.owner_id)


def settle(sitting: Sitting) -> None:
    """Take what models have finished for this sitting, should its doorbell be late or lost."""
    waiting = sitting.active_edits().filter(output__isnull=True, job__status__in=Job.ENDED)
    for job_id in list(waiting.values_list("job_id", flat=True)):
        if job_id is not None:
            receive_step(job_id)
