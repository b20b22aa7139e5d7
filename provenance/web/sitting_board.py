"""What the editor shows of a sitting beside its picture: state, steps in words, layers, and who did what."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from generation.models import Job
from provenance.works.editing import canvases
from provenance.works.editing.layers import layers_of
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.operations.catalogue import OPERATIONS
from provenance.works.editing.sittings import redoable
from provenance.works.editing.wording import sentence


@dataclass(frozen=True)
class Line:
    """One step in words. ``by_model`` says whose hand it was; ``trouble`` why a model's step came to nothing."""

    edit: Edit
    text: str
    by_model: bool
    action: str
    source_type: str

    @property
    def undone(self) -> bool:
        return self.edit.undone

    @property
    def pending(self) -> bool:
        return self.edit.pending

    @property
    def trouble(self) -> str:
        job = self.edit.job
        if job is None or not self.edit.undone or self.edit.output_id is not None:
            return ""
        if job.status == Job.Status.FAILED:
            return job.error or _("Something went wrong inside the service; it has been written down.")
        return _("Stopped before it was done.") if job.cancel_requested else ""


def line(edit: Edit) -> Line:
    known = OPERATIONS.get(edit.operation)
    return Line(
        edit=edit,
        text=sentence(edit.operation, edit.parameters),
        by_model=bool(known and known.needs_pixels),
        action=known.action if known else "c2pa.unknown",
        source_type=known.source_type if known else "composite",
    )


@dataclass(frozen=True)
class Board:
    """A sitting as its page shows it. Rows are read once, when first asked for."""

    sitting: Sitting
    edits: list[Edit]

    @cached_property
    def lines(self) -> list[Line]:
        return [line(edit) for edit in self.edits]

    @cached_property
    def active(self) -> list[Line]:
        """The steps that count."""
        return [each for each in self.lines if not each.undone]

    @property
    def waiting(self) -> Line | None:
        """The step a model still works on."""
        return next((each for each in self.active if each.pending), None)

    @property
    def failed(self) -> Line | None:
        """The last step, if a model could not do it: nothing was done since."""
        last = self.lines[-1] if self.lines else None
        return last if last and last.trouble and last.edit.job and last.edit.job.status == Job.Status.FAILED else None

    @property
    def open(self) -> bool:
        return self.sitting.status == Sitting.Status.OPEN

    @cached_property
    def can_redo(self) -> bool:
        return redoable(self.sitting) is not None

    @cached_property
    def layers(self) -> list[dict[str, Any]]:
        """From the uppermost to the lowest, opacity in per cent."""
        found = layers_of([each.edit for each in self.active])
        return [{**layer, "percent": round(layer["opacity"] * 100)} for layer in reversed(found)]

    @property
    def width(self) -> int:
        return self._size[0]

    @property
    def height(self) -> int:
        return self._size[1]

    @cached_property
    def _size(self) -> tuple[int, int]:
        if not self.active:
            return self.sitting.parent.width, self.sitting.parent.height
        return self.active[-1].edit.width, self.active[-1].edit.height

    @cached_property
    def pixels(self) -> str:
        """Changes whenever the picture may."""
        return canvases.state_of(self.sitting)[:16]

    @property
    def state(self) -> str:
        """Changes whenever the page should."""
        job = self.waiting.edit.job if self.waiting else None
        now = f"{job.status}.{job.step}.{int(job.cancel_requested)}" if job else ""
        return f"{self.sitting.status}-{self.sitting.revision}-{self.pixels}-{now}"

    @property
    def minutes(self) -> int:
        """Observed working time."""
        return round(self.sitting.active.total_seconds() / 60)


def board(sitting: Sitting) -> Board:
    return Board(sitting, list(sitting.edits.select_related("job").order_by("order")))
