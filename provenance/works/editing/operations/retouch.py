"""Steps that copy from elsewhere in the picture: clone and heal. Pure; numpy when applied."""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from provenance.works.editing.operations.checks import LARGEST, whole
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.paint import Stroked

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels, Window


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retouch(Stroked):
    """(dx, dy) leads from where the pen paints to where it takes from. Layers are merged first."""

    merges: ClassVar[bool] = True
    dx: int = whole(-LARGEST, LARGEST)
    dy: int = whole(-LARGEST, LARGEST)

    def check(self) -> None:
        if self.dx == 0 and self.dy == 0:
            raise OperationError("nothing_to_do", _("Source and target are the same place."), field="dx")

    def patch(self, canvas: "Canvas", window: "Window") -> "Pixels":
        """What is laid on *window*: the picture at its source; beyond the edge, the edge repeats."""
        import numpy as np

        rows = np.clip(np.arange(canvas.height)[window[0]] + self.dy, 0, canvas.height - 1)
        columns = np.clip(np.arange(canvas.width)[window[1]] + self.dx, 0, canvas.width - 1)
        return canvas.base[rows[:, None], columns[None, :]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clone(Retouch):
    kind: ClassVar[str] = "clone"
    action: ClassVar[str] = "c2pa.edited"

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import Canvas, bounds, in_place, over, within

        flat = canvas.merged()
        ink = self.ink(flat)
        where = bounds(ink)
        after, window = within(
            flat.base, ink, lambda below, part: over(below, self.patch(flat, where), part) if where else below
        )
        return in_place(flat, Canvas(after), "person", window=window)

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _("Cloned from %(dx)+d, %(dy)+d pixels away (strokes: %(count)d)."),
            {"count": len(self.strokes), "dx": self.dx, "dy": self.dy},
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heal(Retouch):
    """As clone, but the light and colour of the target's surroundings stay (Poisson blending)."""

    kind: ClassVar[str] = "heal"
    action: ClassVar[str] = "c2pa.edited"

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import Canvas, bounds, in_place, over
        from provenance.works.editing.pixels.heal import PIXELS_MAX, healed
        from provenance.works.editing.pixels.strokes import too_large

        flat = canvas.merged()
        ink = self.ink(flat)
        if (ink > 0).sum() > PIXELS_MAX:
            raise too_large()
        after, window = flat.base, bounds(ink)
        if window is not None:
            # One pixel more on each side: the rim the patch has to meet.
            rows, columns = (slice(max(0, part.start - 1), part.stop + 1) for part in window)
            window = (rows, columns)
            mended = healed(flat.base[window], self.patch(flat, window), ink[window] > 0)
            after = flat.base.copy()
            after[window] = over(flat.base[window], mended, ink[window])
        return in_place(flat, Canvas(after), "person", window=window or (slice(0, 0), slice(0, 0)))

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _("Healed from %(dx)+d, %(dy)+d pixels away (strokes: %(count)d)."),
            {"count": len(self.strokes), "dx": self.dx, "dy": self.dy},
        )
