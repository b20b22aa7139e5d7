"""Homographies as people speak of them: quads, overlaps, and what is plausible. Pure numpy.

Coordinates are pixels, x to the right and y down; a picture of w × h covers (0, 0) to (w, h).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Polygon = NDArray[np.float64]
Size = tuple[int, int]

# Beyond these a homography is a coincidence of false matches, not a way a picture was ever treated.
LARGEST_SCALE = 24.0
LARGEST_STRETCH = 3.0
LARGEST_PERSPECTIVE = 2.5


def scaling(x: float, y: float) -> Matrix:
    return np.diag([x, y, 1.0])


def mirroring(width: float) -> Matrix:
    """x → width - x"""
    return np.array([[-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def corners(size: Size) -> Polygon:
    """The four corners of a picture, 4 × 2, clockwise from the upper left."""
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def transform(matrix: Matrix, points: Polygon) -> Polygon:
    """*points* (n × 2) through a homography; points beyond its horizon are not finite."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    depth = mapped[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(depth > 1e-9, mapped[:, :2] / depth, np.nan)


def area(polygon: Polygon) -> float:
    """Of a polygon (n × 2), by the shoelace formula."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def clip(polygon: Polygon, size: Size) -> Polygon:
    """The part of a convex polygon inside a picture (Sutherland and Hodgman 1974)."""
    width, height = size
    kept = [np.asarray(point, np.float64) for point in polygon]
    for axis, limit, sign in ((0, 0.0, 1.0), (0, float(width), -1.0), (1, 0.0, 1.0), (1, float(height), -1.0)):
        out: list[NDArray[np.float64]] = []
        for i, point in enumerate(kept):
            before = kept[i - 1]
            inside, inside_before = sign * (point[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
            if inside != inside_before:
                share = (limit - before[axis]) / (point[axis] - before[axis])
                out.append(before + share * (point - before))
            if inside:
                out.append(point)
        kept = out
    return np.array(kept, np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class Overlap:
    """The part of the parent that the query shows, as a polygon in each of the two pictures."""

    in_parent: Polygon
    in_query: Polygon


def overlap(matrix: Matrix, *, query: Size, parent: Size) -> Overlap | None:
    """Where the two pictures meet under a query → parent *matrix*; None when nowhere, or beyond a horizon."""
    inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    inverse /= inverse[2, 2]
    quad = transform(matrix, corners(query))
    if np.isfinite(quad).all():
        in_parent = clip(quad, parent)
        in_query = transform(inverse, in_parent) if len(in_parent) else in_parent
    else:
        quad = transform(inverse, corners(parent))
        if not np.isfinite(quad).all():
            return None
        in_query = clip(quad, query)
        in_parent = transform(matrix, in_query) if len(in_query) else in_query
    if len(in_parent) < 3 or not (np.isfinite(in_parent).all() and np.isfinite(in_query).all()):
        return None
    # Both lie within their pictures but for the last digit, which sums leave outside where edges were cut.
    return Overlap(np.clip(in_parent, 0.0, parent), np.clip(in_query, 0.0, query))


def local(matrix: Matrix, point: NDArray[np.float64]) -> Matrix:
    """The 2 × 2 derivative of a homography at a point."""
    u, v, w = matrix @ np.array([point[0], point[1], 1.0])
    derivative: Matrix = np.array(
        [
            [matrix[0, 0] * w - u * matrix[2, 0], matrix[0, 1] * w - u * matrix[2, 1]],
            [matrix[1, 0] * w - v * matrix[2, 0], matrix[1, 1] * w - v * matrix[2, 1]],
        ]
    ) / (w * w)
    return derivative


def perspective(matrix: Matrix, polygon: Polygon) -> float:
    """How much nearer one end of *polygon* is than the other: 0 for a flat scan, 0.3 for 30 % nearer."""
    depths = np.column_stack([polygon, np.ones(len(polygon))]) @ matrix[2]
    nearest, farthest = float(np.min(np.abs(depths))), float(np.max(np.abs(depths)))
    return math.inf if nearest <= 0 else farthest / nearest - 1.0


def is_plausible(matrix: Matrix, meeting: Overlap) -> bool:
    """Whether a query → parent homography folds nothing, and neither shrinks nor slants beyond belief."""
    signs = set()
    for point in (*meeting.in_query, meeting.in_query.mean(axis=0)):
        derivative = local(matrix, point)
        if not np.isfinite(derivative).all():
            return False
        long, short = np.linalg.svd(derivative, compute_uv=False)
        if short <= 0 or long / short > LARGEST_STRETCH or not 1 / LARGEST_SCALE < long < LARGEST_SCALE:
            return False
        signs.add(np.linalg.det(derivative) > 0)
    return len(signs) == 1 and perspective(matrix, meeting.in_query) < LARGEST_PERSPECTIVE
