"""Steps that copy from elsewhere in the picture: clone and heal. Pure; numpy when applied."""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from provenance.works.editing.operations.checks import LARGEST, whole
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.paint import Stroked

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retouch(Stroked):
    """(dx, dy) leads from where the pen paints to where it takes from. Layers are merged first."""

    merges: ClassVar[bool] = True
    dx: int = whole(-LARGEST, LARGEST)
    dy: int = whole(-LARGEST, LARGEST)

    def check(self) -> None:
        if self.dx == 0 and self.dy == 0:
            raise OperationError("nothing_to_do", _("Source and target are the same place."), field="dx")

    def patch(self, canvas: "Canvas") -> "Pixels":
        """The picture moved so that each source lies on its target; beyond the edge, the edge repeats."""
        import numpy as np

        rows = np.clip(np.arange(canvas.height) + self.dy, 0, canvas.height - 1)
        columns = np.clip(np.arange(canvas.width) + self.dx, 0, canvas.width - 1)
        return canvas.base[rows][:, columns]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clone(Retouch):
    kind: ClassVar[str] = "clone"
    action: ClassVar[str] = "c2pa.edited"

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import Canvas, in_place, over

        flat = canvas.merged()
        return in_place(flat, Canvas(over(flat.base, self.patch(flat), self.ink(flat))), "person")

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _("Cloned with %(count)d strokes from %(dx)+d, %(dy)+d pixels away."),
            {"count": len(self.strokes), "dx": self.dx, "dy": self.dy},
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heal(Retouch):
    """As clone, but the light and colour of the target's surroundings stay (Poisson blending)."""

    kind: ClassVar[str] = "heal"
    action: ClassVar[str] = "c2pa.edited"

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import Canvas, in_place, over
        from provenance.works.editing.pixels.heal import healed

        flat = canvas.merged()
        ink = self.ink(flat)
        mended = healed(flat.base, self.patch(flat), ink > 0)
        return in_place(flat, Canvas(over(flat.base, mended, ink)), "person")

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _("Healed with %(count)d strokes from %(dx)+d, %(dy)+d pixels away."),
            {"count": len(self.strokes), "dx": self.dx, "dy": self.dy},
        )
