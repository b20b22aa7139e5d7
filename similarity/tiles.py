"""Parts of a picture that may each be a known work: the panels of a poster or a collage, the cells of a contact sheet.

A fingerprint finds a work in a part only when the part is cut where the work ends (within about 2 % of its sides,
measured in docs/decisions/0019), so parts are cut where people put borders: along plain gutters, or in equal cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]

# Cut at this length of the long side.
SIDE = 640
# Grey levels by which a gutter's pixels may deviate: what JPEG leaves of a plain ground.
_PLAIN = 5.0
# Shorter sides than this share of the picture's short side hold no work: lines of text, rules, stamps.
_SMALLEST = 0.1
_DEEPEST = 4
_MOST_PANELS = 40
# Columns and rows of cells that touch each other.
_GRIDS = ((2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3), (3, 3), (4, 4))


@dataclass(frozen=True)
class Tile:
    """``box`` is left, top, right, bottom in pixels of the whole picture."""

    image: Image.Image
    box: Box


def tiles_of(image: Image.Image) -> list[Tile]:
    """The parts of an upright RGB picture, panels first; never the whole of it."""
    scale = min(1.0, SIDE / max(image.size))
    small = image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BOX
    )
    pixels = np.asarray(small)
    found = dict.fromkeys([*panels(pixels), *_cells(small.size)])
    found.pop((0, 0, *small.size), None)
    return [Tile(small.crop(box), _grown(box, 1 / scale, image.size)) for box in found]


def panels(pixels: Pixels) -> list[Box]:
    """What plain gutters leave of an RGB picture (height × width × 3), cut by rows and columns in turn.

    The recursive X-Y cut of Nagy and Seth 1984.
    """
    smallest = max(16, round(_SMALLEST * min(pixels.shape[:2])))
    found: list[Box] = []
    _cut(pixels, (0, 0, pixels.shape[1], pixels.shape[0]), smallest, _DEEPEST, found)
    return found[:_MOST_PANELS]


def _cut(pixels: Pixels, box: Box, smallest: int, deeper: int, found: list[Box]) -> None:
    left, top, right, bottom = box
    part = pixels[top:bottom, left:right].astype(np.float32)
    rows = list(_runs(part.std(axis=1).max(axis=1) > _PLAIN, smallest))
    columns = list(_runs(part.std(axis=0).max(axis=1) > _PLAIN, smallest))
    whole = rows == [(0, bottom - top)] and columns == [(0, right - left)]
    if not rows or not columns:
        return
    if whole or deeper == 0:
        found.append(box)
        return
    for y0, y1 in rows:
        for x0, x1 in columns:
            _cut(pixels, (left + x0, top + y0, left + x1, top + y1), smallest, deeper - 1, found)


def _runs(busy: NDArray[np.bool_], smallest: int) -> Iterator[tuple[int, int]]:
    """Beginning and end of every run of true that is long enough."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], busy, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start >= smallest:
            yield int(start), int(end)


def _cells(size: tuple[int, int]) -> Iterator[Box]:
    width, height = size
    for columns, rows in _GRIDS:
        for row in range(rows):
            for column in range(columns):
                box = (
                    round(column * width / columns),
                    round(row * height / rows),
                    round((column + 1) * width / columns),
                    round((row + 1) * height / rows),
                )
                if box[2] - box[0] >= 16 and box[3] - box[1] >= 16:
                    yield box


def _grown(box: Box, scale: float, size: tuple[int, int]) -> Box:
    left, top, right, bottom = (round(value * scale) for value in box)
    return left, top, min(right, size[0]), min(bottom, size[1])
