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
    return _reduced_to_code(image.convert("L").crop(_inside_border(image)))


def _inside_border(image: Image.Image) -> tuple[int, int, int, int]:
    """The box that a border of the corner's exact colour leaves; all of it where no whole edge has that colour."""
    width, height = image.size
    whole, ground = (0, 0, width, height), image.getpixel((0, 0))
    edges = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    colours = (image.crop(edge).getcolors(1) for edge in edges)
    if not any(found and found[0][1] == ground for found in colours):
        return whole
    return ImageChops.difference(image, Image.new(image.mode, image.size, ground)).getbbox() or whole


def _reduced_to_code(grey: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(grey.resize((32, 32), Image.Resampling.BICUBIC))


def image_code(image: Image.Image) -> bytes:
    """Body of the Image-Code, 256 bits as 32 bytes; similar pictures differ in few bits."""
    return _digests(_low_frequencies(normalised_pixels(image)[None]))[0]


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
    grey = image.convert("L")
    small = np.asarray(at_most(grey, LOOK_SIDE))
    pixels = {"image_code": _reduced_to_code(grey.crop(_inside_border(image)))}
    for share in GROWN_BY:
        grown = _grown(small, share)
        pixels[f"image_code_cropped_{share:g}"] = _reduced_to_code(grown.crop(_inside_border(grown)))
    low = _low_frequencies(np.stack(list(pixels.values())))
    # Mirroring turns the sign of every other frequency across, exactly: no sum is rounded another way.
    mirrored = low * np.resize([1.0, -1.0], low.shape[2])
    names = [*pixels, *(f"{name}_mirrored" for name in pixels)]
    return dict(zip(names, _digests(np.concatenate([low, mirrored])), strict=True))


def at_most(image: Image.Image, side: int) -> Image.Image:
    """*image* with its long side at most *side* pixels, reduced by averaging."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX)


def _grown(grey: NDArray[np.uint8], share: float) -> Image.Image:
    import cv2

    dy, dx = round(grey.shape[0] * share), round(grey.shape[1] * share)
    return Image.fromarray(cv2.copyMakeBorder(grey, dy, dy, dx, dx, cv2.BORDER_REFLECT_101))


def distances(code: bytes, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Hamming distance, 0..256, of one code to each row of *codes* (n × 32)."""
    apart = np.zeros(len(codes), np.int64)
    # Eight bytes at a time, and rows together: a sum along four numbers a row would take longer than all else.
    table = np.ascontiguousarray(codes).view(np.uint64)
    for column, asked in enumerate(np.frombuffer(code, np.uint64)):
        apart += np.bitwise_count(table[:, column] ^ asked)
    return apart


def _low_frequencies(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """n × 32 × 32 grey values to n × 16 × 16 coefficients (down, across) of their two-dimensional DCT."""
    n = len(pixels)
    across = _dct(pixels.transpose(2, 0, 1).astype(np.float64).reshape(32, -1))[:16].reshape(16, n, 32)
    return _dct(across.transpose(2, 1, 0).reshape(32, -1))[:16].reshape(16, n, 16).transpose(1, 0, 2)


def _digests(low: NDArray[np.float64]) -> list[bytes]:
    """Code bodies of n × 16 × 16 low frequencies."""
    blocks = low.reshape(-1, 2, 8, 2, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 4, 64)
    bits = blocks > np.median(blocks, axis=2, keepdims=True)
    return [row.tobytes() for row in np.packbits(bits.reshape(-1, BITS), axis=1)]


def _dct(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unscaled DCT-II of every column (length × m) by Lee's recursion; the length is a power of two.

    The order of additions is the standard's, because a bit is a comparison with a median and
    flat pictures compare numbers that differ only by rounding.
    """
    length, m = columns.shape
    parts = columns[None]
    while (half := parts.shape[1] // 2) > 0:
        front, back = parts[:, :half], parts[:, : half - 1 : -1]
        parts = np.stack([front + back, (front - back) / _divisors(2 * half)], axis=1).reshape(-1, half, m)
    while len(parts) > 1:
        even, odd = parts[0::2], parts[1::2]
        parts = np.empty((len(even), 2 * even.shape[1], m))
        parts[:, 0::2] = even
        parts[:, 1:-1:2] = odd[:, :-1] + odd[:, 1:]
        parts[:, -1] = odd[:, -1]
    return parts.reshape(length, m)


@cache
def _divisors(length: int) -> NDArray[np.float64]:
    return np.array([[math.cos((i + 0.5) * math.pi / length) * 2.0] for i in range(length // 2)])
