"""From whatever a file holds to 8-bit RGB: depth, colour space, palette, transparency."""

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

WHITE = (255, 255, 255)
BAND = 256
Numbers = NDArray[np.floating]


def to_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """An ``RGB`` copy of the loaded *image*. What had to be assumed is appended to *notes*.

    16-bit greys are divided by 257, so that white stays white; integers and floats of no known
    range are stretched from their least to their greatest value; transparency lies on white.
    Colours are converted by an embedded ICC profile only where there is no other meaning to them
    (CMYK, Lab): for RGB the numbers are kept, as every comparable service does.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return _from_grey16(image)
    if mode in ("I", "F"):
        return _from_numbers(image, notes)
    if mode in ("CMYK", "LAB"):
        return _by_profile(image, notes)
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_white(image)
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    if image.mode in ("P", "1", "L", "RGB") and rgba.getchannel("A").getextrema() == (255, 255):
        return rgba.convert("RGB")
    out = Image.new("RGB", rgba.size)
    for band in _bands(rgba):
        ground = Image.new("RGBA", band.image.size, (*WHITE, 255))
        out.paste(Image.alpha_composite(ground, band.image).convert("RGB"), (0, band.top))
    return out


def _from_grey16(image: Image.Image) -> Image.Image:
    return _grey(image, lambda values: values / 257.0)


def _from_numbers(image: Image.Image, notes: list[str]) -> Image.Image:
    least, most = map(float, (min(map(np.min, _numbers(image))), max(map(np.max, _numbers(image)))))
    if image.mode == "I" and least >= 0 and most <= 65535:
        return _grey(image, lambda values: values / 257.0)
    if image.mode == "F" and least >= 0 and most <= 1:
        return _grey(image, lambda values: values * 255.0)
    if image.mode == "F" and least >= 0 and most <= 255:
        return _grey(image, lambda values: values)
    notes.append("numbers of unknown range: stretched to black and white")
    span = most - least
    return _grey(image, lambda values: (values - least) * (255.0 / span) if span > 0 else np.zeros_like(values))


def _grey(image: Image.Image, level: Callable[[Numbers], Numbers]) -> Image.Image:
    out = Image.new("L", image.size)
    for band, values in zip(_bands(image), _numbers(image), strict=True):
        out.paste(Image.fromarray(np.clip(np.rint(level(values)), 0, 255).astype(np.uint8)), (0, band.top))
    return out.convert("RGB")


def _numbers(image: Image.Image) -> Iterator[Numbers]:
    for band in _bands(image):
        values = np.asarray(band.image)
        if image.mode.startswith("I;16"):
            yield values.astype(np.float32)
        else:
            yield np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)


class _Band(NamedTuple):
    top: int
    image: Image.Image


def _bands(image: Image.Image) -> Iterator[_Band]:
    """Some rows at a time: what is in between takes many bytes for a pixel."""
    for top in range(0, image.height, BAND):
        yield _Band(top, image.crop((0, top, image.width, min(top + BAND, image.height))))


def _by_profile(image: Image.Image, notes: list[str]) -> Image.Image:
    target = ImageCms.createProfile("sRGB")
    profile = image.info.get("icc_profile")
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        else:
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        if converted is not None:
            return converted
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        notes.append("colour profile unreadable: plain conversion used")
    return image.convert("RGB")
