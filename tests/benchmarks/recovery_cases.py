"""What happens to pictures on their way through the world: the cases of the recovery benchmark.

Each takes an RGB array and a random generator, and gives the RGB array that somebody would upload.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Case = Callable[[Pixels, np.random.Generator], Pixels]


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    _done, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[:, :, ::-1], np.uint8)


def scaled(pixels: Pixels, by: float) -> Pixels:
    height, width = pixels.shape[:2]
    size = (max(1, round(width * by)), max(1, round(height * by)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def cropped(pixels: Pixels, away: float, rng: np.random.Generator) -> Pixels:
    """A rectangle of the picture's proportions, somewhere in it, without the share *away* of its area."""
    height, width = pixels.shape[:2]
    h, w = round(height * (1 - away) ** 0.5), round(width * (1 - away) ** 0.5)
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    return np.ascontiguousarray(pixels[top : top + h, left : left + w])


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """Clockwise, on a canvas large enough for all of it, black where nothing is."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    w, h = round(width * cos + height * sin), round(width * sin + height * cos)
    matrix[:, 2] += (w / 2 - width / 2, h / 2 - height / 2)
    return np.asarray(cv2.warpAffine(pixels, matrix, (w, h), flags=cv2.INTER_CUBIC), np.uint8)


def brighter(pixels: Pixels, by: float) -> Pixels:
    return np.asarray(np.clip(pixels.astype(np.float32) * (1 + by), 0, 255), np.uint8)


def grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def captioned(pixels: Pixels) -> Pixels:
    """A white bar with words under the picture, a sixth of its height."""
    height, width = pixels.shape[:2]
    bar = np.full((max(24, height // 6), width, 3), 255, np.uint8)
    size = bar.shape[0] / 45
    cv2.putText(bar, "when you see it @pictures", (6, int(bar.shape[0] * 0.65)), 0, size, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([pixels, bar])


def screenshot(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A window with a title bar, a tool bar and a grey margin around the picture, saved as JPEG."""
    shown = scaled(pixels, float(rng.uniform(0.9, 1.4)))
    height, width = shown.shape[:2]
    page = np.full((height + 110, width + 90, 3), 238, np.uint8)
    page[:34] = (52, 58, 70)
    page[34:62] = (222, 224, 228)
    for i, colour in enumerate(((255, 95, 86), (255, 189, 46), (39, 201, 63))):
        cv2.circle(page, (16 + 20 * i, 17), 6, colour, -1, cv2.LINE_AA)
    cv2.putText(page, "picture.png - Viewer", (90, 22), 0, 0.4, (230, 230, 230), 1, cv2.LINE_AA)
    cv2.putText(page, "File  Edit  View  Help", (10, 52), 0, 0.38, (40, 40, 40), 1, cv2.LINE_AA)
    page[80 : 80 + height, 45 : 45 + width] = shown
    return jpeg(page, 85)


def photographed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A print with a white border on a table, photographed from one side: perspective, light, blur, noise."""
    height, width = pixels.shape[:2]
    border = round(0.06 * max(height, width))
    print_ = np.full((height + 2 * border, width + 2 * border, 3), 246, np.uint8)
    print_[border : border + height, border : border + width] = pixels
    h, w = print_.shape[:2]
    zoom = 640 / max(h, w)
    canvas = (round(w * zoom * 1.35), round(h * zoom * 1.35))
    grain = rng.normal(0, 1, (canvas[1], canvas[0] // 24 + 1)).astype(np.float32)
    wood = np.asarray(cv2.GaussianBlur(cv2.resize(grain, canvas), (0, 0), 2.0), np.float32)
    table = np.clip(np.array([133, 98, 66], np.float32) + 60 * wood[:, :, None], 0, 255).astype(np.uint8)
    flat = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    middle = np.array(canvas, np.float32)
    base = flat * zoom + middle * 0.13
    moved = base + rng.uniform(-0.09, 0.09, (4, 2)).astype(np.float32) * np.array([w * zoom, h * zoom], np.float32)
    angle = np.deg2rad(rng.uniform(-8, 8))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    moved = (moved - moved.mean(axis=0)) @ turn.T + middle / 2
    matrix = cv2.getPerspectiveTransform(flat, moved.astype(np.float32))
    laid = cv2.warpPerspective(print_, matrix, canvas, flags=cv2.INTER_CUBIC)
    mask = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, canvas)[:, :, None]
    photo = table * (1 - mask) + laid * mask
    across = np.linspace(float(rng.uniform(0.65, 0.8)), 1.05, canvas[0], dtype=np.float32)[None, :, None]
    photo = photo * across * np.array([1.04, 1.0, 0.92], np.float32)
    photo = cv2.GaussianBlur(photo.astype(np.float32), (0, 0), 1.2) + rng.normal(0, 5, photo.shape)
    return jpeg(np.clip(photo, 0, 255).astype(np.uint8), 80)


CASES: dict[str, Case] = {
    "JPEG q30": lambda p, rng: jpeg(p, 30),
    "×0.5": lambda p, rng: scaled(p, 0.5),
    "×0.25": lambda p, rng: scaled(p, 0.25),
    "crop 10 %": lambda p, rng: cropped(p, 0.1, rng),
    "crop 30 %": lambda p, rng: cropped(p, 0.3, rng),
    "crop 50 %": lambda p, rng: cropped(p, 0.5, rng),
    "rotate 5°": lambda p, rng: turned(p, 5),
    "rotate 90°": lambda p, rng: np.ascontiguousarray(np.rot90(p)),
    "flip": lambda p, rng: np.ascontiguousarray(p[:, ::-1]),
    "brightness +20 %": lambda p, rng: brighter(p, 0.2),
    "brightness −20 %": lambda p, rng: brighter(p, -0.2),
    "grey": lambda p, rng: grey(p),
    "blur": lambda p, rng: np.asarray(cv2.GaussianBlur(p, (0, 0), 1.5), np.uint8),
    "caption bar": lambda p, rng: captioned(p),
    "screenshot": lambda p, rng: screenshot(p, rng),
    "photo of a print": lambda p, rng: photographed(p, rng),
}
