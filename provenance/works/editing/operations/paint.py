"""Steps on layers: brush, eraser, text, and a layer's own opacity. Pure; numpy when applied."""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from provenance.works.editing.operations.checks import (
    LARGEST,
    LAYER_NAME_MAX,
    TEXT_MAX,
    Points,
    colour,
    letters,
    number,
    strokes,
    switch,
    whole,
)
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.operations.operation import Operation

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Ink, Layer, Pixels

SIZE_MAX = 1_024


def rgb(colour: str) -> tuple[int, int, int]:
    """``#1a2b3c`` as three levels."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _layer(canvas: "Canvas", name: str) -> "Layer":
    """The layer of that name, or a new one."""
    from provenance.works.editing.pixels.canvas import LAYER_PIXELS_MAX, LAYERS_MAX, blank

    found = canvas.layer(name)
    room = min(LAYERS_MAX, LAYER_PIXELS_MAX // (canvas.width * canvas.height))
    if found is None and len(canvas.layers) >= room:
        raise OperationError(
            "too_many_layers",
            _("A picture of this size has at most %(limit)d layers. Paint on one of those it has."),
            field="layer",
            values={"limit": room},
        )
    return found or blank(canvas, name)


def existing_layer(canvas: "Canvas", name: str) -> "Layer":
    found = canvas.layer(name)
    if found is None:
        raise OperationError(
            "layer_unknown", _("There is no layer “%(name)s” here."), field="layer", values={"name": name}
        )
    return found


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stroked(Operation):
    """What all pens share: lines, the size across in pixels, hardness and opacity from 0 to 1."""

    strokes: tuple[Points, ...] = strokes()
    size: float = number(0.5, SIZE_MAX)
    hardness: float = number(0, 1, 0.8)
    opacity: float = number(0.01, 1, 1.0)

    def ink(self, canvas: "Canvas") -> "Ink":
        from provenance.works.editing.pixels.strokes import ink

        return ink(
            self.strokes,
            width=canvas.width,
            height=canvas.height,
            size=self.size,
            hardness=self.hardness,
            opacity=self.opacity,
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Brush(Stroked):
    """Paint on a layer, which is made on top if there is none of that name."""

    kind: ClassVar[str] = "brush"
    action: ClassVar[str] = "c2pa.drawing"
    layer: str = letters(LAYER_NAME_MAX, "paint")
    colour: str = colour()

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import in_place, painted, within

        layer = _layer(canvas, self.layer)
        colour = rgb(self.colour)
        rgba, window = within(layer.rgba, self.ink(canvas), lambda below, ink: painted(below, colour, ink))
        return in_place(canvas, canvas.with_layer(dataclasses.replace(layer, rgba=rgba)), "layers", window=window)

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _("Painted in %(colour)s on the layer “%(layer)s” (strokes: %(count)d)."),
            {"count": len(self.strokes), "colour": self.colour, "layer": self.layer},
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Eraser(Stroked):
    """Take away what was painted on a layer. The picture below is never erased."""

    kind: ClassVar[str] = "eraser"
    action: ClassVar[str] = "c2pa.drawing"
    layer: str = letters(LAYER_NAME_MAX, "paint")

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import erased, in_place, within

        layer = existing_layer(canvas, self.layer)
        rgba, window = within(layer.rgba, self.ink(canvas), erased)
        return in_place(canvas, canvas.with_layer(dataclasses.replace(layer, rgba=rgba)), "layers", window=window)

    def words(self) -> tuple[str, dict[str, Any]]:
        return (
            _("Erased on the layer “%(layer)s” (strokes: %(count)d)."),
            {"count": len(self.strokes), "layer": self.layer},
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Write(Operation):
    """Write text on a layer. (x, y) is the upper left corner of its first line; lines break where the text does."""

    kind: ClassVar[str] = "text"
    action: ClassVar[str] = "c2pa.addedText"
    text: str = letters(TEXT_MAX)
    x: float = number(-LARGEST, LARGEST)
    y: float = number(-LARGEST, LARGEST)
    size: int = whole(6, SIZE_MAX)
    weight: int = whole(100, 900, 400)
    colour: str = colour("#000000")
    opacity: float = number(0.01, 1, 1.0)
    layer: str = letters(LAYER_NAME_MAX, "text")

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        import numpy as np

        from provenance.works.editing.pixels.canvas import in_place, painted, within
        from provenance.works.editing.pixels.letters import ink

        drawn = ink(
            self.text,
            width=canvas.width,
            height=canvas.height,
            x=self.x,
            y=self.y,
            size=self.size,
            weight=self.weight,
        )
        levels = np.floor(np.arange(256) * self.opacity + 0.5).astype(np.uint8)
        layer, colour = _layer(canvas, self.layer), rgb(self.colour)
        rgba, window = within(layer.rgba, levels[drawn], lambda below, ink: painted(below, colour, ink))
        return in_place(canvas, canvas.with_layer(dataclasses.replace(layer, rgba=rgba)), "layers", window=window)

    def words(self) -> tuple[str, dict[str, Any]]:
        return _("Wrote “%(text)s”."), {"text": " ".join(self.text.split())}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetLayer(Operation):
    """Show or hide a layer, or let it shine through."""

    kind: ClassVar[str] = "layer"
    action: ClassVar[str] = "c2pa.edited"
    layer: str = letters(LAYER_NAME_MAX)
    opacity: float = number(0, 1, 1.0)
    visible: bool = switch(True)

    def apply(self, canvas: "Canvas", *, pixels: "Pixels | None" = None) -> "Change":
        from provenance.works.editing.pixels.canvas import in_place

        layer = existing_layer(canvas, self.layer)
        changed = dataclasses.replace(layer, opacity=int(self.opacity * 255 + 0.5), visible=self.visible)
        return in_place(canvas, canvas.with_layer(changed), "layers")

    def words(self) -> tuple[str, dict[str, Any]]:
        if not self.visible:
            return _("Hid the layer “%(layer)s”."), {"layer": self.layer}
        return (
            _("Showed the layer “%(layer)s” at %(percent)g %% opacity."),
            {"layer": self.layer, "percent": round(self.opacity * 100, 2)},
        )
