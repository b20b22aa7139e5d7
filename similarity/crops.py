"""Several looks at one picture: squares cut from it, embedded one by one and averaged.

A folder's ``passport.json`` may say ``"crops": {"long_side": 224, "boxes": [[x, y, share], …]}``:
the picture is first reduced to ``long_side``, so that a larger scan gives the same crops at the
same scale; each box is a square whose side is ``share`` of the short side, at ``x`` and ``y`` of
the room left (0 start, 1 end). Without it the model's own preprocessing sees the whole picture.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Beyond this ratio of its sides only the middle of a picture is looked at: reducing the short
# side of a 1 × 20,000 strip to a model's 224 pixels would otherwise ask for a billion of them.
MAX_ASPECT = 16

# The squares of one, two or five looks: the whole picture as the model sees it; both ends; the corners and the middle.
LOOKS: dict[int, tuple[tuple[float, float, float], ...]] = {
    1: (),
    2: ((0.0, 0.0, 1.0), (1.0, 1.0, 1.0)),
    5: ((0.0, 0.0, 0.7), (1.0, 0.0, 0.7), (0.5, 0.5, 0.7), (0.0, 1.0, 0.7), (1.0, 1.0, 0.7)),
}
# A picture is first reduced to this many times the model's own size, as for the bundled encoder.
LONG_SIDE = 1.75

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Crops:
    """Which squares to look at. No boxes: one look, by the model's own preprocessing."""

    long_side: int | None = None
    boxes: tuple[tuple[float, float, float], ...] = ()

    @classmethod
    def from_passport(cls, said: Any) -> "Crops":
        """Read a passport's ``crops``. Raises ``ValueError`` or ``TypeError`` when it makes no sense."""
        if said is None or said == 1:
            return cls()
        boxes = said["boxes"] if isinstance(said, dict) else said
        long_side = said.get("long_side") if isinstance(said, dict) else 224
        read = tuple((float(x), float(y), float(share)) for x, y, share in boxes)
        if not read or any(not (0 <= x <= 1 and 0 <= y <= 1 and 0 < share <= 1) for x, y, share in read):
            raise ValueError(f"crops must be boxes of x, y and share within 0..1, not {said!r}")
        return cls(long_side=int(long_side) if long_side else None, boxes=read)

    @classmethod
    def of_looks(cls, looks: int, size: int) -> "Crops":
        """*looks* squares (one of ``LOOKS``) for a model that sees *size* pixels on a side."""
        return cls(long_side=round(LONG_SIDE * size), boxes=LOOKS[looks]) if LOOKS[looks] else cls()

    def facts(self) -> dict[str, Any]:
        """What the encoder's fingerprint holds of it."""
        return {"long_side": self.long_side, "boxes": [list(box) for box in self.boxes]}


def within_aspect(image: Image.Image) -> Image.Image:
    """The middle of *image*, no longer than ``MAX_ASPECT`` times its short side."""
    width, height = image.size
    longest = min(width, height) * MAX_ASPECT
    if max(width, height) <= longest:
        return image
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, left + min(width, longest), top + min(height, longest)))


def cut(image: Image.Image, crops: Crops, side: int) -> Pixels:
    """All squares of the RGB *image*: uint8, looks × side × side × 3."""
    picture = _reduced(np.asarray(within_aspect(image)), crops.long_side)
    return np.stack([_resized(_box(picture, *box), side, side) for box in crops.boxes])


def _reduced(picture: Pixels, long_side: int | None) -> Pixels:
    height, width = picture.shape[:2]
    scale = (long_side or math.inf) / max(height, width)
    if scale >= 1:
        return picture
    return _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))


def _box(picture: Pixels, x: float, y: float, share: float) -> Pixels:
    height, width = picture.shape[:2]
    side = max(1, round(min(height, width) * share))
    top, left = round((height - side) * y), round((width - side) * x)
    return picture[top : top + side, left : left + side]


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    """Area averaging down, bicubic up."""
    import cv2

    shrinks = min(width, height) < min(picture.shape[:2])
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=how), np.uint8)
