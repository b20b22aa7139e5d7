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
from PIL import Image, ImageChops

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
    return _reduced_to_code(_trimmed(image).convert("L"))


def _trimmed(image: Image.Image) -> Image.Image:
    ground = Image.new(image.mode, image.size, image.getpixel((0, 0)))
    difference = ImageChops.difference(image, ground)
    box = ImageChops.add(difference, difference).getbbox()
    return image if box is None or box == (0, 0, *image.size) else image.crop(box)


def _reduced_to_code(grey: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(grey.resize((32, 32), Image.Resampling.BICUBIC))


def image_code(image: Image.Image) -> bytes:
    """Body of the Image-Code, 256 bits as 32 bytes; similar pictures differ in few bits."""
    return _digests(normalised_pixels(image)[None])[0]


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
    small = _at_most(image.convert("L"), LOOK_SIDE)
    pixels = {"image_code": normalised_pixels(image)}
    for share in GROWN_BY:
        pixels[f"image_code_cropped_{share:g}"] = _reduced_to_code(_trimmed(_grown(small, share)))
    pixels |= {f"{name}_mirrored": found[:, ::-1] for name, found in pixels.items()}
    return dict(zip(pixels, _digests(np.stack(list(pixels.values()))), strict=True))


def _at_most(image: Image.Image, side: int) -> Image.Image:
    """At most *side* pixels long: the code keeps 32 of them, and a big scan would cost seconds."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX)


def _grown(grey: Image.Image, share: float) -> Image.Image:
    dy, dx = round(grey.height * share), round(grey.width * share)
    return Image.fromarray(np.pad(np.asarray(grey), ((dy, dy), (dx, dx)), mode="reflect"))


def distances(code: bytes, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Hamming distance, 0..256, of one code to each row of *codes* (n × 32)."""
    # Eight bytes at a time.
    differing = np.ascontiguousarray(codes).view(np.uint64) ^ np.frombuffer(code, np.uint64)
    return np.asarray(np.bitwise_count(differing).sum(axis=1), np.int64)


def _digests(pixels: NDArray[np.uint8]) -> list[bytes]:
    """Code bodies of n × 32 × 32 grey values, all transformed together."""
    across = _dct(pixels.astype(np.float64).reshape(-1, 32)).reshape(-1, 32, 32)
    down = _dct(across.transpose(0, 2, 1).reshape(-1, 32)).reshape(-1, 32, 32)
    corner = down.transpose(0, 2, 1)[:, :16, :16]
    blocks = corner.reshape(-1, 2, 8, 2, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 4, 64)
    bits = blocks > np.median(blocks, axis=2, keepdims=True)
    return [row.tobytes() for row in np.packbits(bits.reshape(-1, BITS), axis=1)]


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
