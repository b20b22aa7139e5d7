"""Lines drawn by hand, as ink: the distance of each pixel to the line decides how much it gets. numpy only."""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.pixels.canvas import Ink

Point = tuple[float, float]
# Pixels looked at for one step, over all its pieces: about two seconds of one core.
WORK_MAX = 60_000_000
# Pieces, wherever they lie: each takes its time even if it holds no pixel of the picture.
PIECES_MAX = 50_000


def ink(
    strokes: Sequence[Sequence[Point]], *, width: int, height: int, size: float, hardness: float, opacity: float
) -> Ink:
    """Ink (height × width) of strokes with a round pen of *size* pixels across.

    The full strength reaches from the middle to *hardness* (0 … 1) of the radius and falls to zero
    in a smooth step at the rim, over at least one pixel. Where strokes of one step meet, the stronger
    counts: a line that crosses itself is not darker there.

    Raises :class:`OperationError` ``stroke_too_large``.
    """
    radius = size / 2
    reach = radius + 0.5
    longest = max(64.0, size)
    if sum(_count(*line, longest) for stroke in strokes for line in itertools.pairwise(stroke)) > PIECES_MAX:
        raise too_large()
    pieces = [piece for stroke in strokes for piece in _pieces(stroke, longest)]
    boxes = [_box(piece, reach, width, height) for piece in pieces]
    if sum(max(0, right - left) * max(0, bottom - top) for left, top, right, bottom in boxes) > WORK_MAX:
        raise too_large()
    levels = np.zeros((height, width), np.uint8)
    seen = [box for box in boxes if box[0] < box[2] and box[1] < box[3]]
    if not seen:
        return levels
    x_from, y_from = min(box[0] for box in seen), min(box[1] for box in seen)
    x_to, y_to = max(box[2] for box in seen), max(box[3] for box in seen)
    nearest = np.full((y_to - y_from, x_to - x_from), reach * reach)
    for ((x0, y0), (x1, y1)), (left, top, right, bottom) in zip(pieces, boxes, strict=True):
        if left >= right or top >= bottom:
            continue
        x = np.arange(left, right) + 0.5 - x0
        y = (np.arange(top, bottom) + 0.5 - y0)[:, None]
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        along = np.clip((x * dx + y * dy) / length, 0, 1) if length else np.zeros((1, 1))
        squared = (x - along * dx) ** 2 + (y - along * dy) ** 2
        window = nearest[top - y_from : bottom - y_from, left - x_from : right - x_from]
        np.minimum(window, squared, out=window)
    inner = min(radius * hardness, max(0.0, radius - 0.5))
    fade = np.clip((reach - np.sqrt(nearest)) / (reach - inner), 0, 1)
    strength = fade * fade * (3 - 2 * fade)
    levels[y_from:y_to, x_from:x_to] = np.floor(strength * (255 * opacity) + 0.5)
    return levels


def too_large() -> OperationError:
    sentence = _("That is too much to paint in one step. Lift the pen now and then.")
    return OperationError("stroke_too_large", sentence, field="strokes")


def _count(begin: Point, end: Point, longest: float) -> int:
    return max(1, math.ceil(max(abs(end[0] - begin[0]), abs(end[1] - begin[1])) / longest))


def _pieces(stroke: Sequence[Point], longest: float) -> Iterator[tuple[Point, Point]]:
    """The line in pieces short enough that a box around one holds little else."""
    if len(stroke) == 1:
        yield stroke[0], stroke[0]
    for (x0, y0), (x1, y1) in itertools.pairwise(stroke):
        count = _count((x0, y0), (x1, y1), longest)
        for k in range(count):
            yield (
                (x0 + (x1 - x0) * k / count, y0 + (y1 - y0) * k / count),
                (x0 + (x1 - x0) * (k + 1) / count, y0 + (y1 - y0) * (k + 1) / count),
            )


def _box(piece: tuple[Point, Point], reach: float, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels a piece may touch."""
    (x0, y0), (x1, y1) = piece
    return (
        max(0, math.floor(min(x0, x1) - reach)),
        max(0, math.floor(min(y0, y1) - reach)),
        min(width, math.ceil(max(x0, x1) + reach)),
        min(height, math.ceil(max(y0, y1) + reach)),
    )
