"""Views of a picture: random ones to train on, fixed crops to embed with.

Every file is first reduced so that its long side is at most ``LONG_SIDE`` pixels, which is also the size of
the training files: a bigger scan of the same picture then gives the same crops at the same scale.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float]
"""Square crop: position along x and y (0 start, 1 end) and side as a share of the short side."""

LONG_SIDE = 224
CROPS: tuple[Box, ...] = ((0.0, 0.0, 1.0), (1.0, 1.0, 1.0))
"""Both ends of the picture at its full short side."""


def reduce(picture: Pixels, long_side: int = LONG_SIDE) -> Pixels:
    """Shrink to ``long_side`` by area averaging; a smaller picture is left as it is."""
    height, width = picture.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def square(picture: Pixels, side: int) -> Pixels:
    """Resize to ``[side, side, 3]``: area averaging down, bicubic up."""
    shrink = side < min(picture.shape[:2])
    how = cv2.INTER_AREA if shrink else cv2.INTER_CUBIC
    return cv2.resize(picture, (side, side), interpolation=how).astype(np.uint8)


def cut(picture: Pixels, box: Box) -> Pixels:
    """The part of the picture inside ``box``."""
    height, width = picture.shape[:2]
    x, y, share = box
    side = max(1, round(min(height, width) * share))
    top, left = round((height - side) * y), round((width - side) * x)
    return picture[top : top + side, left : left + side]


def crops(picture: Pixels, boxes: tuple[Box, ...], side: int) -> Pixels:
    """All crops of a picture: uint8 ``[boxes, side, side, 3]``."""
    small = reduce(picture)
    return np.stack([square(cut(small, box), side) for box in boxes])


def random_crop(picture: Pixels, rng: np.random.Generator, least: float) -> Pixels:
    """A crop of ``least`` or more of the area and aspect 3:4 to 4:3, mirrored half of the time."""
    height, width = picture.shape[:2]
    area = height * width * rng.uniform(least, 1.0)
    ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
    crop_w = min(width, max(8, round(math.sqrt(area * ratio))))
    crop_h = min(height, max(8, round(math.sqrt(area / ratio))))
    top = int(rng.integers(0, height - crop_h + 1))
    left = int(rng.integers(0, width - crop_w + 1))
    part = picture[top : top + crop_h, left : left + crop_w]
    return part[:, ::-1] if rng.random() < 0.5 else part


def recompress(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Half of the time shrink by up to 0.6, and half of the time pass through JPEG or WebP.

    Style must not be read from the codec or from the size of the scan.
    """
    if rng.random() < 0.5:
        scale = rng.uniform(0.6, 1.0)
        size = (max(16, round(picture.shape[1] * scale)), max(16, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    if rng.random() < 0.5:
        suffix, knob = (".jpg", cv2.IMWRITE_JPEG_QUALITY) if rng.random() < 0.7 else (".webp", cv2.IMWRITE_WEBP_QUALITY)
        _, coded = cv2.imencode(suffix, np.ascontiguousarray(picture), [knob, int(rng.integers(40, 96))])
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return picture


def view_pair(picture: Pixels, rng: np.random.Generator, *, side: int, least: float) -> tuple[Pixels, Pixels]:
    """The same random crop twice, clean (for the teacher) and recompressed: ``[side, side, 3]`` each."""
    part = random_crop(picture, rng, least)
    return square(part, side), square(recompress(part, rng), side)
