"""A printed code in the picture: what it says is a claim, for anybody can print one. ZXing-C++ inside."""

import numpy as np
from numpy.typing import NDArray

from similarity.matching.features import reduced

SIDE = 1600
LONGEST = 500


def texts_of_codes(rgb: NDArray[np.uint8]) -> list[str]:
    """What the QR codes (ISO/IEC 18004) in an RGB picture say; empty when none can be read."""
    import cv2
    import zxingcpp

    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    if max(grey.shape) > SIDE:
        grey = reduced(grey, side=SIDE)
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [code.text for code in codes if code.text and len(code.text) <= LONGEST]
