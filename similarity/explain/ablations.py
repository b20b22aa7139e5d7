"""The picture without one of its qualities: colour, arrangement, fine detail. Pure.

A resemblance that outlives the loss of colour does not rest on colour, and so on. The same picture gives the
same ablations, byte for byte.
"""

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from similarity.fingerprint import at_most

# Larger pictures are reduced to this before they are taken apart: encoders look at less.
SIDE = 512
# Patches along each side. Steps of 5 through 16 places, begun at 3, leave no patch where it was.
_PATCHES = 4
_STEP, _START = 5, 3
# Radius of the blur, as a share of the long side.
_BLUR = 0.02


def reduced(image: Image.Image) -> Image.Image:
    """*image* (RGB) with its long side at most ``SIDE``."""
    return at_most(image, SIDE)


def ablations(image: Image.Image) -> dict[str, Image.Image]:
    """``as_it_is``, ``grey``, ``shuffled`` and ``blurred``, of one RGB picture and of its size."""
    return {
        "as_it_is": image,
        "grey": ImageOps.grayscale(image).convert("RGB"),
        "shuffled": shuffled(image),
        "blurred": image.filter(ImageFilter.GaussianBlur(max(1.0, _BLUR * max(image.size)))),
    }


def shuffled(image: Image.Image) -> Image.Image:
    """4 × 4 patches, each in another's place; rows and columns that do not divide by four stay at the far edges."""
    pixels = np.asarray(image)
    height, width = pixels.shape[0] // _PATCHES, pixels.shape[1] // _PATCHES
    out = pixels.copy()
    for place in range(_PATCHES * _PATCHES):
        taken = (_STEP * place + _START) % (_PATCHES * _PATCHES)
        (to_row, to_column), (row, column) = divmod(place, _PATCHES), divmod(taken, _PATCHES)
        out[to_row * height : (to_row + 1) * height, to_column * width : (to_column + 1) * width] = pixels[
            row * height : (row + 1) * height, column * width : (column + 1) * width
        ]
    return Image.fromarray(out)
