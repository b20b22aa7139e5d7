"""Perceptual fingerprints: the ISCC Image-Code (ISO 24138, iscc-core ``gen_image_code`` v0).

The code is made of the low frequencies of the picture's grey 32 × 32 reduction, each compared
with the median of its block: it stays nearly the same when a picture is recompressed or resized.
The transform is computed here for all rows at once, in the standard's order of operations, and
gives the same bits as iscc-core (which a test holds) in a hundredth of the time.
"""

import base64
import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageOps

BITS = 256
# A copy cut by so much on every side is found by growing it again (measured in decision 0002).
GROWN_BY = (0.02, 0.035, 0.055)
LOOK_SIDE = 512
MIN_SET = 24
# ISCC header: main type CONTENT (2), subtype IMAGE (1), version 0; the last nibble says the length.
_HEADER_64 = bytes([0x21, 0x01])
_HEADER_256 = bytes([0x21, 0x07])


def normalised_pixels(image: Image.Image) -> NDArray[np.uint8]:
    """The 32 × 32 grey values the code is made of, as the standard prescribes.

    *image* is upright RGB without transparency (see ``pictures.decode``); a border of one exact
    colour is cut away first, then grey, then bicubic reduction.
    """
    ground = Image.new(image.mode, image.size, image.getpixel((0, 0)))
    difference = ImageChops.difference(image, ground)
    box = ImageChops.add(difference, difference).getbbox()
    if box is not None and box != (0, 0, *image.size):
        image = image.crop(box)
    return np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BICUBIC))


def image_code(image: Image.Image) -> bytes:
    """Body of the Image-Code, 256 bits as 32 bytes; similar pictures differ in few bits."""
    return _digest(normalised_pixels(image))


def iscc_code(image: Image.Image, *, bits: int = BITS) -> str:
    """``ISCC:…``, the code with its header in base32, of 64 or 256 bits."""
    if bits not in (64, BITS):
        raise ValueError(f"an Image-Code here has 64 or {BITS} bits, not {bits}")
    header = _HEADER_64 if bits == 64 else _HEADER_256
    body = image_code(image)[: bits // 8]
    return "ISCC:" + base64.b32encode(header + body).decode("ascii").rstrip("=")


def is_telling(code: bytes) -> bool:
    """Whether a code can stand for a picture at all.

    Half of each block's 64 values lie above its median, unless many are equal: in a plain colour or
    a smooth gradient, which have next to the same code whatever they show.
    """
    return min(int.from_bytes(code[at : at + 8], "big").bit_count() for at in range(0, 32, 8)) >= MIN_SET


def codes_of_looks(image: Image.Image) -> dict[str, bytes]:
    """Codes by which a copy of *image* may be known: as it is, mirrored, and each as if it had been cropped.

    A cropped copy is grown back by mirroring its edges outwards: what was there is unknown, but
    everything else comes to lie where it lay in the original.
    """
    small = _reduced(image)
    looks = {"image_code": image_code(image), "image_code_mirrored": image_code(ImageOps.mirror(small))}
    for suffix, picture in (("", small), ("_mirrored", ImageOps.mirror(small))):
        for share in GROWN_BY:
            looks[f"image_code_cropped_{share:g}{suffix}"] = image_code(_grown(picture, share))
    return looks


def _reduced(image: Image.Image) -> Image.Image:
    """At most ``LOOK_SIDE`` pixels long: the code keeps 32 of them, and a big scan would cost seconds."""
    scale = LOOK_SIDE / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX)


def _grown(image: Image.Image, share: float) -> Image.Image:
    dy, dx = round(image.height * share), round(image.width * share)
    return Image.fromarray(np.pad(np.asarray(image), ((dy, dy), (dx, dx), (0, 0)), mode="reflect"))


def distances(code: bytes, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Hamming distance, 0..256, of one code to each row of *codes* (n × 32)."""
    differing = np.bitwise_xor(codes, np.frombuffer(code, np.uint8)[None, :])
    return np.asarray(np.bitwise_count(differing).sum(axis=1), np.int64)


def _digest(pixels: NDArray[np.uint8]) -> bytes:
    table = _dct(_dct(pixels.astype(np.float64)).T).T
    bits = []
    for top, left in ((0, 0), (0, 8), (8, 0), (8, 8)):
        block = table[top : top + 8, left : left + 8].ravel()
        bits.append(block > np.median(block))
    return np.packbits(np.concatenate(bits)).tobytes()


def _dct(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unscaled DCT-II of every row by Lee's recursion; the length is a power of two.

    The order of additions is the standard's, because a bit is a comparison with a median and
    flat pictures compare numbers that differ only by rounding.
    """
    length = rows.shape[1]
    if length == 1:
        return rows
    half = length // 2
    front, back = rows[:, :half], rows[:, : half - 1 : -1]
    even, odd = _dct(front + back), _dct((front - back) / _divisors(length))
    out = np.empty_like(rows)
    out[:, 0::2] = even
    out[:, 1:-1:2] = odd[:, :-1] + odd[:, 1:]
    out[:, -1] = odd[:, -1]
    return out


@cache
def _divisors(length: int) -> NDArray[np.float64]:
    return np.array([math.cos((i + 0.5) * math.pi / length) * 2.0 for i in range(length // 2)])
