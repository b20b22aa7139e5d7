"""Crop, turn and mirror pixels. Quarter turns and mirrors move pixels; other angles resample them."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from provenance.works.editing.pixels.canvas import Canvas, Change, Layer, Pixels
from provenance.works.editing.pixels.geometry import Geometry, Matrix


def _moved(canvas: Canvas, move: Callable[[Pixels], Pixels]) -> Canvas:
    layers = tuple(replace(layer, rgba=np.ascontiguousarray(move(layer.rgba))) for layer in canvas.layers)
    return Canvas(np.ascontiguousarray(move(canvas.base)), layers)


def _change(before: Canvas, after: Canvas, matrix: Matrix) -> Change:
    geometry = Geometry(matrix, before.width, before.height, after.width, after.height)
    return Change(after, np.zeros(after.base.shape[:2], bool), geometry, "frame")


def cropped(canvas: Canvas, x: int, y: int, width: int, height: int) -> Change:
    after = _moved(canvas, lambda pixels: pixels[y : y + height, x : x + width])
    return _change(canvas, after, (1, 0, -x, 0, 1, -y))


def flipped(canvas: Canvas, *, horizontally: bool) -> Change:
    if horizontally:
        return _change(canvas, _moved(canvas, lambda pixels: pixels[:, ::-1]), (-1, 0, canvas.width, 0, 1, 0))
    return _change(canvas, _moved(canvas, lambda pixels: pixels[::-1]), (1, 0, 0, 0, -1, canvas.height))


def quarter_turned(canvas: Canvas, turns: int) -> Change:
    """Clockwise by *turns* × 90°."""
    turns %= 4
    after = _moved(canvas, lambda pixels: np.rot90(pixels, -turns))
    width, height = canvas.width, canvas.height
    matrices: tuple[Matrix, ...] = (
        (1, 0, 0, 0, 1, 0),
        (0, -1, height, 1, 0, 0),
        (-1, 0, width, 0, -1, height),
        (0, 1, 0, -1, 0, width),
    )
    return _change(canvas, after, matrices[turns])


def rotated(canvas: Canvas, degrees: float, size: tuple[int, int], fill: tuple[int, int, int]) -> Change:
    """Clockwise by *degrees* around the middle, into a frame of *size* (width, height); *fill* in the corners."""
    from PIL import Image

    cos, sin = _direction(degrees)
    width, height = size
    cx, cy, nx, ny = canvas.width / 2, canvas.height / 2, width / 2, height / 2
    matrix: Matrix = (cos, -sin, nx - cos * cx + sin * cy, sin, cos, ny - sin * cx - cos * cy)
    geometry = Geometry(matrix, canvas.width, canvas.height, width, height)
    known = geometry.known()
    # A quarter turn that meets the grid moves pixels, and must not round their colours.
    how = Image.Resampling.NEAREST if all(number.is_integer() for number in matrix) else Image.Resampling.BICUBIC

    def turn(pixels: Pixels, mode: str) -> Pixels:
        # Edges are repeated outwards first, so that no dark seam is drawn into the picture.
        padded = Image.fromarray(np.pad(pixels, ((2, 2), (2, 2), (0, 0)), mode="edge"), mode)
        a, b, c, d, e, f = geometry.inverse()
        return np.array(padded.transform(size, Image.Transform.AFFINE, (a, b, c + 2, d, e, f + 2), resample=how))

    base = turn(canvas.base, "RGB")
    base[~known] = fill
    layers = []
    for layer in canvas.layers:
        if how is Image.Resampling.NEAREST:
            rgba = turn(layer.rgba, "RGBA")
            rgba[~known] = 0
            layers.append(Layer(layer.name, rgba, layer.opacity, layer.visible))
            continue
        # Colours of transparent pixels must not bleed in: they are turned multiplied by their alpha.
        alpha = layer.rgba[..., 3:].astype(np.uint32)
        ready = np.concatenate([(layer.rgba[..., :3] * alpha + 127) // 255, alpha], axis=2).astype(np.uint8)
        turned = turn(ready[..., :3], "RGB").astype(np.uint32)
        ink = turn(np.repeat(ready[..., 3:], 3, axis=2), "RGB")[..., :1].astype(np.uint32)
        ink[~known] = 0
        straight = np.minimum((turned * 255 + ink // 2) // np.maximum(ink, 1), 255)
        rgba = np.concatenate([straight * (ink > 0), ink], axis=2).astype(np.uint8)
        layers.append(Layer(layer.name, rgba, layer.opacity, layer.visible))
    return Change(Canvas(base, tuple(layers)), ~known, geometry, "frame")


def _direction(degrees: float) -> tuple[float, float]:
    """Cosine and sine, rounded so far that every maths library agrees on them."""
    angle = math.radians(degrees)
    return round(math.cos(angle), 12), round(math.sin(angle), 12)


def around(width: int, height: int, degrees: float) -> tuple[int, int]:
    """The frame that holds all of a turned picture."""
    cos, sin = map(abs, _direction(degrees))
    return math.ceil(width * cos + height * sin - 1e-6), math.ceil(width * sin + height * cos - 1e-6)


def within(width: int, height: int, degrees: float) -> tuple[int, int]:
    """The largest frame of the picture's own proportions that a turned picture fills, about its middle."""
    cos, sin = map(abs, _direction(degrees))
    scale = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
    # Two pixels less: what is resampled needs its neighbours.
    return max(1, math.floor(width * scale) - 2), max(1, math.floor(height * scale) - 2)
