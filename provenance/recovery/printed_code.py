"""A printed code in the picture: what it says is a claim, for anybody can print one. OpenCV inside."""

import numpy as np
from numpy.typing import NDArray

from similarity.matching.features import reduced

SIDE = 1600
LONGEST = 500


def texts_of_codes(rgb: NDArray[np.uint8]) -> list[str]:
    """What the QR codes (ISO/IEC 18004) in an RGB picture say; empty when none can be read."""
    import cv2

    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    if max(grey.shape) > SIDE:
        grey = reduced(grey, side=SIDE)
    try:
        _found, texts, _corners, _straight = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
    except cv2.error:
        return []
    return [text for text in texts if text and len(text) <= LONGEST]
