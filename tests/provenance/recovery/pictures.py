"""Pictures with enough in them to be told apart, drawn from a seed."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def painting(seed: int, *, width: int = 320, height: int = 240) -> Pixels:
    """Soft colour fields under a few dozen shapes."""
    rng = np.random.default_rng(seed)
    ground = rng.uniform(0, 255, (6, 8, 3)).astype(np.float32)
    picture = np.clip(cv2.resize(ground, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    for _shape in range(60):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        axes = (int(rng.integers(3, width // 10)), int(rng.integers(3, height // 8)))
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    return picture


def png(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
