"""Lay one picture over another: where in the parent does the query lie, and do the pixels bear it out?

Local features propose a homography, or, for a copy that was only scaled, turned or mirrored, one of
the eight whole-frame alignments does. Neither is believed: the query is laid over the parent and
compared cell by cell, and a proposal whose pixels do not agree is refused. Pure; OpenCV inside.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.matching.agreement import Agreement, compare
from similarity.matching.features import SIDE, Features, features_of
from similarity.matching.geometry import Matrix, Size, is_plausible, mirroring, overlap, scaling

Pixels = NDArray[np.uint8]
MIN_INLIERS = 8
# In pixels of a picture reduced to SIDE.
_TOLERANCE = 3.0
_RATIO = 0.85
_SAME_ASPECT = 0.04
# Squared pixels per match that a transformation with fewer degrees of freedom may cost more: a turn should
# be told as a turn, and not as a very slight perspective.
_UNREST = 0.15


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A query that was found in a parent.

    ``homography`` (3 × 3) takes a pixel of the query to the pixel of the parent; sizes are (width,
    height). ``inliers`` of ``matches`` features agree with it (0 of 0 when the whole frames were laid
    over each other without features).
    """

    homography: Matrix
    query_size: Size
    parent_size: Size
    inliers: int
    matches: int
    agreement: Agreement


@dataclass(frozen=True)
class NotRegistered:
    """``reason``: ``few_features``, ``few_matches``, ``implausible`` or ``pixels_differ``."""

    reason: str


def register(
    query: Pixels,
    parent: Pixels,
    *,
    query_features: Features | None = None,
    parent_features: Features | None = None,
) -> Registration | NotRegistered:
    """Find *query* in *parent*, both RGB (height × width × 3); features may be handed in when at hand."""
    whole = register_whole(query, parent)
    if whole is not None and whole.agreement.is_close:
        return whole
    found = register_by_features(
        query,
        parent,
        query_features or features_of(query),
        parent_features or features_of(parent),
    )
    return whole if whole is not None and isinstance(found, NotRegistered) else found


def register_whole(query: Pixels, parent: Pixels) -> Registration | None:
    """The best of the eight ways in which all of *query* can be all of *parent*, where the pixels agree."""
    best: Registration | None = None
    for matrix in _whole_frames(_size(query), _size(parent)):
        found = compare(query, parent, matrix, side=96)
        if found.is_enough and (best is None or found.mean > best.agreement.mean):
            best = _registration(matrix, query, parent, found)
    if best is None:
        return None
    final = compare(query, parent, best.homography)
    return _registration(best.homography, query, parent, final) if final.is_enough else None


def _whole_frames(query: Size, parent: Size) -> list[Matrix]:
    """Query → parent matrices for the eight orientations that fit the parent's proportions."""
    frames = []
    quarter = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # the unit square, turned clockwise
    for turns in range(4):
        width, height = (query[1], query[0]) if turns % 2 else query
        if abs(np.log(width / height) - np.log(parent[0] / parent[1])) > _SAME_ASPECT:
            continue
        unit = np.linalg.matrix_power(quarter, turns)
        for mirror in (np.eye(3), mirroring(1.0)):
            frames.append(scaling(*parent) @ mirror @ unit @ scaling(1 / query[0], 1 / query[1]))
    return frames


def register_by_features(
    query: Pixels, parent: Pixels, query_features: Features, parent_features: Features
) -> Registration | NotRegistered:
    """As :func:`register`, by local features alone; a mirrored query is tried in the mirror."""
    if min(len(query_features), len(parent_features)) < MIN_INLIERS:
        return NotRegistered("few_features")
    upright = _matches(query_features, parent_features)
    mirrored = _matches(query_features.mirrored(), parent_features)
    tries = sorted(((upright, False), (mirrored, True)), key=lambda one: -len(one[0]))
    reason = "few_matches"
    for pairs, in_mirror in tries:
        if len(pairs) < MIN_INLIERS:
            continue
        features = query_features.mirrored() if in_mirror else query_features
        found = _fit(features.points[pairs[:, 0]], parent_features.points[pairs[:, 1]], _size(query), _size(parent))
        if found is None:
            continue
        matrix, inliers = found
        if in_mirror:
            matrix = matrix @ mirroring(query.shape[1])
        meeting = overlap(matrix, query=_size(query), parent=_size(parent))
        if meeting is None or not is_plausible(matrix, meeting):
            reason = "implausible"
            continue
        agreement = compare(query, parent, matrix)
        if not agreement.is_enough:
            reason = "pixels_differ"
            continue
        return _registration(matrix, query, parent, agreement, inliers=inliers, matches=len(pairs))
    return NotRegistered(reason)


def _matches(query: Features, parent: Features) -> NDArray[np.int64]:
    """Pairs (n × 2) of rows whose descriptors are each other's nearest, and clearly nearer than the next."""
    a, b = _rooted(query.descriptors), _rooted(parent.descriptors)
    similarity = a @ b.T
    best = similarity.argmax(axis=1)
    rows = np.arange(len(a))
    nearest = 2.0 - 2.0 * similarity[rows, best]
    similarity_of_second = similarity.copy()
    similarity_of_second[rows, best] = -1.0
    second = 2.0 - 2.0 * similarity_of_second.max(axis=1)
    mutual = similarity.argmax(axis=0)[best] == rows
    kept = mutual & (nearest < _RATIO**2 * second)
    return np.column_stack([rows[kept], best[kept]])


def _rooted(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RootSIFT (Arandjelović and Zisserman 2012): Hellinger instead of Euclidean distance."""
    values = descriptors.astype(np.float32)
    return np.asarray(np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6)), np.float32)


def _fit(
    query: NDArray[np.float32], parent: NDArray[np.float32], query_size: Size, parent_size: Size
) -> tuple[Matrix, int] | None:
    """The simplest transformation that explains the pairs, in pixels, and how many it explains."""
    import cv2

    to_query, to_parent = SIDE / max(query_size), SIDE / max(parent_size)
    a, b = query * to_query, parent * to_parent
    cv2.setRNGSeed(20250)  # the same pictures give the same answer
    matrix, _mask = cv2.findHomography(a, b, cv2.USAC_MAGSAC, _TOLERANCE, maxIters=4000, confidence=0.999)
    best = _refitted(np.asarray(matrix, np.float64), a, b) if matrix is not None else None
    for estimate in (cv2.estimateAffinePartial2D, cv2.estimateAffine2D):
        affine: Any = estimate(a, b, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE, maxIters=2000)[0]
        if affine is None:
            continue
        simple = _judged(np.vstack([affine, [0.0, 0.0, 1.0]]), a, b)
        if simple.inliers.sum() >= MIN_INLIERS and (best is None or simple.cost <= best.cost + _UNREST * len(a)):
            best = simple
            break
    if best is None or best.inliers.sum() < MIN_INLIERS:
        return None
    if not _spread(a[best.inliers]) or not _spread(b[best.inliers]) or abs(np.linalg.det(best.matrix)) < 1e-9:
        return None
    fitted = scaling(1 / to_parent, 1 / to_parent) @ best.matrix @ scaling(to_query, to_query)
    return fitted / fitted[2, 2], int(best.inliers.sum())


@dataclass(frozen=True)
class _Fit:
    """``cost`` is the sum of squared errors, each cut off at the tolerance (MSAC, Torr and Zisserman 2000)."""

    matrix: Matrix
    inliers: NDArray[np.bool_]
    cost: float


def _judged(matrix: Matrix, a: NDArray[np.float32], b: NDArray[np.float32]) -> _Fit:
    import cv2

    mapped = cv2.perspectiveTransform(a[:, None].astype(np.float64), matrix)[:, 0]
    errors = np.linalg.norm(mapped - b, axis=1)
    return _Fit(matrix, np.asarray(errors < _TOLERANCE), float((np.minimum(errors, _TOLERANCE) ** 2).sum()))


def _refitted(matrix: Matrix, a: NDArray[np.float32], b: NDArray[np.float32]) -> _Fit:
    """MAGSAC's homography, fitted once more to all it explains, where that is better."""
    import cv2

    first = _judged(matrix, a, b)
    if first.inliers.sum() < MIN_INLIERS:
        return first
    again, _mask = cv2.findHomography(a[first.inliers], b[first.inliers], 0)
    if again is None:
        return first  # type: ignore[unreachable]
    return min(first, _judged(np.asarray(again, np.float64), a, b), key=lambda fit: fit.cost)


def _spread(points: NDArray[np.float32]) -> bool:
    """Whether points lie over an area, and not on a line or in one spot (in pixels of SIDE)."""
    deviations = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(points.T)), 0))
    return bool(deviations[0] > 6.0)


def _size(pixels: Pixels) -> Size:
    return pixels.shape[1], pixels.shape[0]


def _registration(
    matrix: Matrix, query: Pixels, parent: Pixels, agreement: Agreement, *, inliers: int = 0, matches: int = 0
) -> Registration:
    return Registration(
        homography=matrix,
        query_size=_size(query),
        parent_size=_size(parent),
        inliers=inliers,
        matches=matches,
        agreement=agreement,
    )
