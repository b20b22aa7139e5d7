"""The canvas: a picture with named layers over it, in 8 bits a channel. numpy only.

Compositing is integer arithmetic, so that every machine gets the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from provenance.works.editing.pixels.geometry import Geometry

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
# Coverage of a stroke or a letter: 0 … 255, height × width.
Ink = NDArray[np.uint8]
Window = tuple[slice, slice]
Touch = Literal["frame", "layers", "adjustment", "person", "ai"]
LAYERS_MAX = 16
# Over all layers of a canvas; each pixel takes four bytes.
LAYER_PIXELS_MAX = 64_000_000


@dataclass(frozen=True)
class Layer:
    """``rgba`` (height × width × 4, straight alpha) as large as the canvas; ``opacity`` 0 … 255."""

    name: str
    rgba: Pixels
    opacity: int = 255
    visible: bool = True

    def ink(self) -> Ink:
        """The alpha it is seen with."""
        if not self.visible:
            return np.zeros(self.rgba.shape[:2], np.uint8)
        return _scaled(self.rgba[..., 3], self.opacity)


@dataclass(frozen=True)
class Canvas:
    """``base`` is the picture (height × width × 3, RGB); layers lie on it from first to last."""

    base: Pixels
    layers: tuple[Layer, ...] = ()

    @property
    def height(self) -> int:
        return int(self.base.shape[0])

    @property
    def width(self) -> int:
        return int(self.base.shape[1])

    def flat(self) -> Pixels:
        """What is seen: height × width × 3."""
        seen = self.base
        for layer in self.layers:
            ink = layer.ink()
            if (window := bounds(ink)) is not None:
                seen = seen.copy() if seen is self.base else seen
                seen[window] = over(seen[window], layer.rgba[window][..., :3], ink[window])
        return seen

    def part(self, window: Window) -> "Canvas":
        """Rows and columns of it, without copying."""
        layers = tuple(replace(layer, rgba=layer.rgba[window]) for layer in self.layers)
        return Canvas(self.base[window], layers)

    def covered(self) -> Mask:
        """Where any visible layer has ink."""
        found = np.zeros(self.base.shape[:2], bool)
        for layer in self.layers:
            found |= layer.ink() > 0
        return found

    def merged(self) -> "Canvas":
        return Canvas(self.flat()) if self.layers else self

    def layer(self, name: str) -> Layer | None:
        return next((layer for layer in self.layers if layer.name == name), None)

    def with_layer(self, layer: Layer) -> "Canvas":
        """With *layer* in the place of the one of its name, or on top."""
        if self.layer(layer.name) is None:
            return replace(self, layers=(*self.layers, layer))
        return replace(self, layers=tuple(layer if old.name == layer.name else old for old in self.layers))


@dataclass(frozen=True)
class Change:
    """What a step did.

    ``changed`` (height × width of the new canvas) is true where what is seen became other than the
    old picture carried along by ``geometry``. ``touch`` says what kind of hand it was: ``frame``
    (moved, only; ``changed`` is then the ground that was added), ``layers`` (the map follows from
    the layers' ink), ``adjustment`` (tone and colour), ``person`` or ``ai``.
    """

    canvas: Canvas
    changed: Mask
    geometry: Geometry
    touch: Touch


def differing(before: Canvas, after: Canvas) -> Mask:
    """Where two canvases of one size are seen otherwise."""
    return np.asarray((before.flat() != after.flat()).any(axis=2))


def in_place(before: Canvas, after: Canvas, touch: Touch, *, window: Window | None = None) -> Change:
    """A step that left the frame as it was, and everything outside *window*, if that is given."""
    if window is None:
        changed = differing(before, after)
    else:
        changed = np.zeros(before.base.shape[:2], bool)
        changed[window] = differing(before.part(window), after.part(window))
    return Change(after, changed, Geometry.same(before.width, before.height), touch)


def bounds(ink: Ink) -> Window | None:
    """The rows and columns that hold all of *ink*; None when there is none."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def within(pixels: Pixels, ink: Ink, paint: Callable[[Pixels, Ink], Pixels]) -> tuple[Pixels, Window]:
    """*pixels* with *paint* done where *ink* is, and where that was."""
    window = bounds(ink) or (slice(0, 0), slice(0, 0))
    out = pixels.copy()
    out[window] = paint(pixels[window], ink[window])
    return out, window


def over(below: Pixels, colour: Pixels, ink: Ink) -> Pixels:
    """*colour* laid over *below* with *ink*, rounded to nearest."""
    alpha = ink[..., None].astype(np.uint32)
    mixed = colour.astype(np.uint32) * alpha + below.astype(np.uint32) * (255 - alpha)
    return ((mixed * 2 + 255) // 510).astype(np.uint8)


def painted(rgba: Pixels, colour: tuple[int, int, int], ink: Ink) -> Pixels:
    """*ink* of one colour on a layer with straight alpha (Porter and Duff 1984, "over")."""
    alpha, under = ink.astype(np.uint32), rgba[..., 3].astype(np.uint32)
    weight = alpha * 255
    rest = under * (255 - alpha)
    total = weight + rest  # of 255²
    out = np.empty_like(rgba)
    safe = np.maximum(total, 1)
    for channel, level in enumerate(colour):
        mixed = weight * level + rest * rgba[..., channel].astype(np.uint32)
        out[..., channel] = (mixed + safe // 2) // safe
    out[..., 3] = (total * 2 + 255) // 510
    out[total == 0] = 0
    return out


def erased(rgba: Pixels, ink: Ink) -> Pixels:
    """A layer with *ink* taken away."""
    out = rgba.copy()
    left = rgba[..., 3].astype(np.uint32) * (255 - ink.astype(np.uint32))
    out[..., 3] = (left * 2 + 255) // 510
    out[out[..., 3] == 0] = 0
    return out


def _scaled(alpha: Ink, opacity: int) -> Ink:
    if opacity == 255:
        return alpha
    return ((alpha.astype(np.uint32) * opacity * 2 + 255) // 510).astype(np.uint8)


def blank(canvas: Canvas, name: str) -> Layer:
    return Layer(name, np.zeros((canvas.height, canvas.width, 4), np.uint8))
