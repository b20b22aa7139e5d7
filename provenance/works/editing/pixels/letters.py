"""Text as ink, with the Unicode font that OpenCV 5 has built in: Latin, Greek, Cyrillic, Chinese, Japanese, Korean.

Nothing has to be installed for it, and the version of OpenCV names the font's very bytes.
"""

import functools

import numpy as np

from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.errors import gettext_noop as _
from provenance.works.editing.pixels.canvas import Ink

LINE_HEIGHT = 1.3


def ink(text: str, *, width: int, height: int, x: float, y: float, size: int, weight: int) -> Ink:
    """Ink (height × width) of *text*, whose first line's box has its upper left corner at (x, y).

    *size* is the font's in pixels, *weight* 100 … 900 where the font has weights (Latin, Greek and
    Cyrillic; others have one). Lines break where the text does, and nowhere else.

    Raises :class:`OperationError` ``letters_missing`` for characters the font has not.
    """
    import cv2

    missing = sorted({letter for letter in text if not _has(letter)})
    if missing:
        raise OperationError(
            "letters_missing",
            _("The font has no letters for: %(letters)s. Leave them out."),
            field="text",
            values={"letters": " ".join(missing[:20])},
        )
    face = cv2.FontFace("sans")
    ground = np.zeros((height, width), np.uint8)
    for number, line in enumerate(text.split("\n")):
        origin = (round(x), round(y + size + number * size * LINE_HEIGHT))
        if line.strip() and -size <= origin[1] <= height + size:
            # Without a far end for the line, what reaches the edge would be wrapped into the next.
            cv2.putText(ground, line, origin, (255, 255, 255), face, size, weight, 0, (0, 1 << 20))
    return ground


@functools.lru_cache(maxsize=4096)
def _has(letter: str) -> bool:
    """Whether the font draws *letter*: what it has not, it draws as a question mark."""
    if letter in " \n?":
        return True
    drawn = _shape(letter)
    return drawn != _shape("?") and drawn != _shape("\ufffd")


@functools.lru_cache(maxsize=4096)
def _shape(letter: str) -> bytes:
    import cv2

    ground = np.zeros((48, 64), np.uint8)
    cv2.putText(ground, letter, (8, 36), (255, 255, 255), cv2.FontFace("sans"), 24, 400, 0, (0, 1 << 20))
    return ground.tobytes()
