"""Local features of a picture: SIFT (Lowe 2004), in the one form that everything here compares. Pure; OpenCV inside.

A picture is looked at with its long side at ``SIDE`` pixels, whatever its size: so a copy at a quarter
of the size is described by the same, larger structures.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 384
DIMENSIONS = 128
_CELLS = 4
# SIFT's descriptor is 4 rows × 4 columns × 8 directions around the keypoint's own direction, which runs
# along the columns; in a mirror the rows change places and every direction turns the other way.
_MIRROR = np.arange(DIMENSIONS).reshape(4, 4, 8)[::-1, :, [0, 7, 6, 5, 4, 3, 2, 1]].reshape(-1)


@dataclass(frozen=True)
class Features:
    """*n* keypoints of a picture of ``width`` × ``height`` pixels.

    ``points`` n × 2 in pixels of that picture from its upper left corner, ``sizes`` n in the same pixels,
    ``angles`` n in degrees, ``descriptors`` n × 128 uint8. Strongest first.
    """

    width: int
    height: int
    points: NDArray[np.float32]
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)

    def mirrored(self) -> "Features":
        """The features the picture would have in a mirror (left and right changed)."""
        points = self.points.copy()
        points[:, 0] = self.width - points[:, 0]
        return Features(
            self.width,
            self.height,
            points,
            self.sizes,
            (180.0 - self.angles) % 360.0,
            np.ascontiguousarray(self.descriptors[:, _MIRROR]),
        )

    def take(self, rows: NDArray[np.int64]) -> "Features":
        return Features(
            self.width,
            self.height,
            self.points[rows],
            self.sizes[rows],
            self.angles[rows],
            self.descriptors[rows],
        )

    def spread(self, limit: int) -> "Features":
        """At most *limit* features, taken in turn from a 4 × 4 grid: a crop then keeps its share of them."""
        if len(self) <= limit:
            return self
        scale = _CELLS / np.array([self.width, self.height], np.float32)
        cells = np.clip((self.points * scale).astype(np.int64), 0, _CELLS - 1)
        cell = cells[:, 1] * _CELLS + cells[:, 0]
        turn = np.empty(len(self), np.int64)
        for which in range(_CELLS * _CELLS):
            mine = np.flatnonzero(cell == which)
            turn[mine] = np.arange(len(mine))
        return self.take(np.sort(np.argsort(turn, kind="stable")[:limit]))


def features_of(rgb: NDArray[np.uint8], *, limit: int = 500) -> Features:
    """Features of an RGB picture (height × width × 3)."""
    import cv2

    height, width = rgb.shape[:2]
    grey = reduced(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8), side=SIDE)
    # A faint picture still has its structures; the threshold is SIFT's own, lowered fourfold.
    detector: Any = cv2.SIFT.create(nfeatures=limit, contrastThreshold=0.01)
    keypoints, descriptors = detector.detectAndCompute(grey, None)
    if descriptors is None or not len(keypoints):
        none = np.zeros(0, np.float32)
        return Features(width, height, none.reshape(0, 2), none, none, np.zeros((0, DIMENSIONS), np.uint8))
    order = np.argsort([-keypoint.response for keypoint in keypoints], kind="stable")[:limit]
    kept = [keypoints[i] for i in order]
    back = np.array([width / grey.shape[1], height / grey.shape[0]], np.float32)
    points = (np.array([keypoint.pt for keypoint in kept], np.float32) + 0.5) * back
    return Features(
        width,
        height,
        points,
        np.array([keypoint.size for keypoint in kept], np.float32) * float(back.mean()),
        np.array([keypoint.angle for keypoint in kept], np.float32),
        np.clip(descriptors[order], 0, 255).astype(np.uint8),
    )


def reduced(pixels: NDArray[np.uint8], *, side: int) -> NDArray[np.uint8]:
    """*pixels* with their long side at *side*, enlarged too where smaller."""
    import cv2

    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)
