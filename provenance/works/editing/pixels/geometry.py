"""How a step moves things: from the old frame to the new one, for masks, maps and regions. numpy only.

Coordinates are pixels, x to the right and y down; a picture of w × h covers (0, 0) to (w, h).
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Matrix = tuple[float, float, float, float, float, float]
Array = TypeVar("Array", bound=NDArray[Any])


@dataclass(frozen=True)
class Geometry:
    """``matrix`` (a, b, c, d, e, f) takes old (x, y) to new (ax + by + c, dx + ey + f); sizes are pixels."""

    matrix: Matrix
    old_width: int
    old_height: int
    width: int
    height: int

    @classmethod
    def same(cls, width: int, height: int) -> "Geometry":
        return cls((1, 0, 0, 0, 1, 0), width, height, width, height)

    @property
    def moves(self) -> bool:
        unmoved = (1, 0, 0, 0, 1, 0), self.old_width, self.old_height
        return (self.matrix, self.width, self.height) != unmoved

    def inverse(self) -> Matrix:
        """New (x, y) → old."""
        a, b, c, d, e, f = self.matrix
        scale = 1 / (a * e - b * d)
        ia, ib, id_, ie = e * scale, -b * scale, -d * scale, a * scale
        return ia, ib, -(ia * c + ib * f), id_, ie, -(id_ * c + ie * f)

    def carry(self, values: Array, *, fill: int = 0) -> Array:
        """*values* (old height × width …) in the new frame, by nearest neighbour; *fill* where there was nothing."""
        if not self.moves:
            return values
        a, b, c, d, e, f = self.inverse()
        x = np.arange(self.width, dtype=np.float64) + 0.5
        out = np.full((self.height, self.width, *values.shape[2:]), fill, values.dtype)
        for row in range(self.height):  # one row at a time: maps of large pictures stay small in memory
            y = row + 0.5
            old_x = np.floor(a * x + (b * y + c)).astype(np.int64)
            old_y = np.floor(d * x + (e * y + f)).astype(np.int64)
            inside = (old_x >= 0) & (old_x < self.old_width) & (old_y >= 0) & (old_y < self.old_height)
            out[row, inside] = values[old_y[inside], old_x[inside]]
        return out  # type: ignore[return-value]

    def known(self) -> NDArray[np.bool_]:
        """True where the new frame shows something of the old one."""
        return self.carry(np.ones((self.old_height, self.old_width), bool))

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """*points* (n × 2) of the old frame in the new one."""
        a, b, c, d, e, f = self.matrix
        moved: NDArray[np.float64] = points @ np.array([[a, d], [b, e]]) + np.array([c, f])
        return moved

    def box(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
        """The upright box (x, y, width, height) around an old one, cut at the new frame; None when outside."""
        x, y, width, height = box
        corners = self.points(np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64))
        left, top = np.maximum(corners.min(axis=0), 0)
        right, bottom = np.minimum(corners.max(axis=0), [self.width, self.height])
        if right <= left or bottom <= top:
            return None
        return float(left), float(top), float(right - left), float(bottom - top)
