"""Steps that move the picture in its frame: crop, rotate, straighten, flip. Pure; numpy when applied."""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from provenance.works.editing.operations.checks import LARGEST, PIXELS_MAX, choice, colour, number, switch, whole
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.operation import Operation
from provenance.works.editing.operations.paint import rgb

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels

SMALLEST = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Crop(Operation):
    """Keep a rectangle, in pixels of the canvas."""

    kind: ClassVar[str] = "crop"
    action: ClassVar[str] = "c2pa.cropped"
    x: int = whole(0, LARGEST)
    y: int = whole(0, LARGEST)
    width: int = whole(SMALLEST, LARGEST)
    height: int = whole(SMALLEST, LARGEST)

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.frame import cropped

        if self.x + self.width > canvas.width or self.y + self.height > canvas.height:
            raise OperationError(
                "crop_outside",
                _("The crop reaches beyond the picture, which has %(width)d × %(height)d pixels."),
                field="width" if self.x + self.width > canvas.width else "height",
                values={"width": canvas.width, "height": canvas.height},
            )
        return cropped(canvas, self.x, self.y, self.width, self.height)

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("Cropped to %(width)d × %(height)d pixels from %(x)d, %(y)d."), self.parameters()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rotate(Operation):
    """Turn clockwise. Quarter turns move pixels; other angles resample, and ``fill`` shows in the corners."""

    kind: ClassVar[str] = "rotate"
    action: ClassVar[str] = "c2pa.orientation"
    angle: float = number(-360, 360)
    expand: bool = switch(True)
    fill: str = colour("#ffffff")

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.frame import around, quarter_turned, rotated

        if self.angle % 90 == 0 and (self.expand or self.angle % 180 == 0):
            return quarter_turned(canvas, int(self.angle // 90))
        own = canvas.width, canvas.height
        size = around(*own, self.angle) if self.expand else own
        if size[0] * size[1] > PIXELS_MAX:
            raise OperationError(
                "picture_too_large",
                _("The frame would grow to %(width)d × %(height)d pixels. Rotate without expanding it."),
                field="expand",
                values={"width": size[0], "height": size[1]},
            )
        return rotated(canvas, self.angle, size, rgb(self.fill))

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("Rotated clockwise by %(angle)g°."), {"angle": self.angle}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Straighten(Operation):
    """Turn clockwise by a small angle and keep the largest part, of the same proportions, without corners."""

    kind: ClassVar[str] = "straighten"
    action: ClassVar[str] = "c2pa.cropped"
    angle: float = number(-45, 45)

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.frame import quarter_turned, rotated, within

        if self.angle == 0:
            return quarter_turned(canvas, 0)
        size = within(canvas.width, canvas.height, self.angle)
        if min(size) < SMALLEST:
            raise OperationError(
                "picture_too_small", _("The picture is too small to be straightened by this angle."), field="angle"
            )
        return rotated(canvas, self.angle, size, (255, 255, 255))

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("Straightened by %(angle)g° and cropped to what is full."), {"angle": self.angle}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flip(Operation):
    kind: ClassVar[str] = "flip"
    action: ClassVar[str] = "c2pa.orientation"
    axis: str = choice("horizontal", "vertical")

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.frame import flipped

        return flipped(canvas, horizontally=self.axis == "horizontal")

    def words(self) -> tuple[str, dict[str, Any]]:
        return (_("Mirrored left to right.") if self.axis == "horizontal" else _("Mirrored top to bottom.")), {}
