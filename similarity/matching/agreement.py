"""Do the pixels agree? The query laid over the parent, and compared cell by cell. Pure; OpenCV inside.

Normalised cross-correlation in each cell of a grid does not mind brightness, contrast, grey or a light
that falls from one side, and one caption bar spoils only the cells it covers.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from similarity.matching.geometry import Matrix, area, overlap, scaling, transform

Pixels = NDArray[np.uint8]
SIDE = 256
GRID = 8
# Grey levels (0..255) of deviation inside a cell; below, there is nothing in it to compare.
_TEXTURE = 3.0
_COVERED = 0.7
_AGREES = 0.5
_MIN_CELLS = 6


@dataclass(frozen=True)
class Agreement:
    """``cells`` of the overlap had something to compare; ``share`` of them agree, ``mean`` is their correlation."""

    cells: int
    share: float
    mean: float

    @property
    def is_enough(self) -> bool:
        """The two show the same picture here (thresholds measured, see docs/decisions)."""
        return self.cells >= _MIN_CELLS and self.share >= 0.6 and self.mean >= 0.55

    @property
    def is_close(self) -> bool:
        """Nothing was left to explain: laying the frames over each other is the whole story."""
        return self.cells >= _MIN_CELLS and self.share >= 0.97 and self.mean >= 0.93


def compare(query: Pixels, parent: Pixels, matrix: Matrix, *, side: int = SIDE) -> Agreement:
    """Agreement of two RGB pictures under a query → parent homography."""
    laid = lay_over(query, parent, matrix, side=side)
    if laid is None:
        return Agreement(0, 0.0, 0.0)
    cells = _cells(*_blurred(laid), laid.mask)
    values = cells.correlation[cells.told]
    if not len(values):
        return Agreement(0, 0.0, 0.0)
    return Agreement(len(values), float((values >= _AGREES).mean()), float(values.mean()))


def alike(laid: "Laid") -> NDArray[np.bool_]:
    """The overlap without the cells that do not agree (a caption, a sticker, empty corners), if any are left."""
    cells = _cells(*_blurred(laid), laid.mask)
    rows, columns = (np.searchsorted(_edges(side), np.arange(side), "right") - 1 for side in laid.mask.shape)
    bad = (cells.told & (cells.correlation < _AGREES)).reshape(GRID, GRID)
    found = laid.mask & ~bad[rows][:, columns]
    return found if found.any() else laid.mask


def _blurred(laid: "Laid") -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Luma of both, without the pixels' own noise."""
    import cv2

    a, b = (
        np.asarray(cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 1.0), np.float32)
        for pixels in (laid.query, laid.parent)
    )
    return a, b


@dataclass(frozen=True)
class Laid:
    """Two pictures of one size; ``mask`` is true where the query reaches. ``to_frame``: parent → these pixels."""

    query: Pixels
    parent: Pixels
    mask: NDArray[np.bool_]
    to_frame: Matrix

    def within(self, polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where a convex polygon of the parent lies here."""
        import cv2

        mask = np.zeros(self.mask.shape, np.uint8)
        cv2.fillConvexPoly(mask, np.round(transform(self.to_frame, polygon)).astype(np.int32), 1)
        return mask.astype(bool)


def lay_over(query: Pixels, parent: Pixels, matrix: Matrix, *, side: int = SIDE) -> Laid | None:
    """*query* in the parent's frame, both at the resolution of the coarser one and at most *side* long.

    None when they do not meet, or in too few pixels to tell anything.
    """

    query_size, parent_size = (query.shape[1], query.shape[0]), (parent.shape[1], parent.shape[0])
    meeting = overlap(matrix, query=query_size, parent=parent_size)
    if meeting is None:
        return None
    low, high = meeting.in_parent.min(axis=0), meeting.in_parent.max(axis=0)
    covered = area(meeting.in_parent)
    if covered <= 0:
        return None
    detail = np.sqrt(area(meeting.in_query) / covered)  # pixels of the query to one of the parent
    scale = float(min(side / max(high - low), detail, 1.0))
    size = np.ceil((high - low) * scale).astype(int)
    if min(size) < 2 * GRID or max(size) > 4 * side:
        return None
    shift = np.array([[1.0, 0.0, -low[0] * scale], [0.0, 1.0, -low[1] * scale], [0.0, 0.0, 1.0]])
    small_query, query_scale = _smaller(query, scale / float(detail))
    small_parent, parent_scale = _smaller(parent, scale)
    to_frame = shift @ scaling(scale, scale)
    frame = (int(size[0]), int(size[1]))
    a = _warped(small_query, to_frame @ matrix @ np.linalg.inv(query_scale), frame)
    b = _warped(small_parent, to_frame @ np.linalg.inv(parent_scale), frame)
    laid = Laid(a, b, np.ones(a.shape[:2], bool), to_frame)
    return replace(laid, mask=laid.within(meeting.in_parent))


def _warped(pixels: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    import cv2

    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpPerspective(pixels, _centred(matrix), size, flags=flags, borderMode=border), np.uint8)


def _centred(matrix: Matrix) -> Matrix:
    """For OpenCV, to whom whole numbers are the middles of pixels; here they are their upper left corners."""
    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    return np.asarray(np.linalg.inv(half) @ matrix @ half)


def _smaller(pixels: Pixels, scale: float) -> tuple[Pixels, Matrix]:
    """Reduced by averaging, so that the warp need not skip pixels, and the matrix that did it."""
    import cv2

    if scale >= 0.9:
        return pixels, np.eye(3)
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, scaling(size[0] / width, size[1] / height)


def _edges(side: int) -> NDArray[np.int64]:
    """Where each of the ``GRID`` cells along a side begins."""
    return np.linspace(0, side, GRID + 1).astype(np.int64)[:-1]


@dataclass(frozen=True)
class _Cells:
    """Of the grid's cells, row by row: ``told`` where mostly covered and not plain in both."""

    told: NDArray[np.bool_]
    correlation: NDArray[np.float64]


def _cells(a: NDArray[np.float32], b: NDArray[np.float32], mask: NDArray[np.bool_]) -> "_Cells":
    height, width = a.shape
    rows, columns = _edges(height), _edges(width)
    inside = mask.astype(np.float64)
    one, other = a * inside, b * inside
    sums = np.add.reduceat(
        np.add.reduceat(np.stack([inside, one, other, one * one, other * other, one * other]), rows, axis=1),
        columns,
        axis=2,
    ).reshape(6, -1)
    sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width])).reshape(-1)
    count = np.maximum(sums[0], 1.0)
    mean_a, mean_b = sums[1] / count, sums[2] / count
    variance_a = np.maximum(sums[3] / count - mean_a**2, 0.0)
    variance_b = np.maximum(sums[4] / count - mean_b**2, 0.0)
    covariance = sums[5] / count - mean_a * mean_b
    told = (sums[0] >= _COVERED * sizes) & (np.maximum(variance_a, variance_b) >= _TEXTURE**2)
    return _Cells(told, covariance / np.sqrt(variance_a * variance_b + 0.01))
