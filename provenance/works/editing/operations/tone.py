"""Steps that change tone and colour everywhere: adjust and curves. Pure; numpy when applied."""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from provenance.works.editing.operations.checks import curve, number
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.operation import Operation

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adjust(Operation):
    """Exposure in stops; contrast, saturation and temperature from −100 to 100."""

    kind: ClassVar[str] = "adjust"
    action: ClassVar[str] = "c2pa.adjustedColor"
    exposure: float = number(-5, 5, 0.0)
    contrast: float = number(-100, 100, 0.0)
    saturation: float = number(-100, 100, 0.0)
    temperature: float = number(-100, 100, 0.0)

    def check(self) -> None:
        if not any((self.exposure, self.contrast, self.saturation, self.temperature)):
            raise OperationError("nothing_to_do", _("Every value is zero: nothing would change."))

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import in_place
        from provenance.works.editing.pixels.tone import adjusting, retoned

        tables = adjusting(exposure=self.exposure, contrast=self.contrast, temperature=self.temperature)
        after = retoned(canvas, tables, saturation=round((100 + self.saturation) * 2.56))
        return in_place(canvas, after, "adjustment")

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _(
                "Adjusted: exposure %(exposure)+g stops, contrast %(contrast)+g, saturation %(saturation)+g, "
                "temperature %(temperature)+g."
            ),
            self.parameters(),
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curves(Operation):
    """Tone curves: first the one of all channels, then each channel's own. Monotone cubics through the points."""

    kind: ClassVar[str] = "curves"
    action: ClassVar[str] = "c2pa.adjustedColor"
    rgb: tuple[tuple[int, int], ...] = curve()
    red: tuple[tuple[int, int], ...] = curve()
    green: tuple[tuple[int, int], ...] = curve()
    blue: tuple[tuple[int, int], ...] = curve()

    def check(self) -> None:
        if not any((self.rgb, self.red, self.green, self.blue)):
            raise OperationError("nothing_to_do", _("No curve has points: nothing would change."))

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import in_place
        from provenance.works.editing.pixels.tone import curve_table, retoned

        shared = curve_table(self.rgb)
        red, green, blue = (curve_table(points)[shared] for points in (self.red, self.green, self.blue))
        return in_place(canvas, retoned(canvas, (red, green, blue)), "adjustment")

    def words(self) -> tuple[str, dict[str, Any]]:
        bent = [name for name in ("rgb", "red", "green", "blue") if getattr(self, name)]
        return _("Bent the tone curve (%(channels)s)."), {"channels": ", ".join(bent)}
