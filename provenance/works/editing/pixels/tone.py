"""Tables and matrices for tone and colour, applied in integers. numpy only."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from provenance.works.editing.pixels.canvas import Canvas, Pixels

Table = NDArray[np.uint8]
# Luma of Rec. 709, in 256ths.
_LUMA = (54, 183, 19)
# Rows at a time, so that what is in between stays in the processor's cache.
_STRIP = 64


def retoned(canvas: Canvas, tables: tuple[Table, Table, Table], saturation: int = 256) -> Canvas:
    """Each channel through its table, then saturation in 256ths; for the picture and its layers' colours."""

    def tone(pixels: Pixels) -> Pixels:
        out = np.stack([tables[channel][pixels[..., channel]] for channel in range(3)], axis=2)
        return out if saturation == 256 else saturated(out, saturation)

    layers = tuple(
        replace(layer, rgba=np.concatenate([tone(layer.rgba), layer.rgba[..., 3:]], axis=2)) for layer in canvas.layers
    )
    return Canvas(tone(canvas.base), layers)


def saturated(pixels: Pixels, saturation: int) -> Pixels:
    """Away from (or towards) the grey of the same luma, by *saturation* 256ths."""
    out = np.empty_like(pixels[..., :3])
    for top in range(0, len(pixels), _STRIP):
        strip = pixels[top : top + _STRIP]
        red, green, blue = (strip[..., channel].astype(np.int32) for channel in range(3))
        grey = red * _LUMA[0] + green * _LUMA[1] + blue * _LUMA[2]
        for channel, level in enumerate((red, green, blue)):
            mixed = ((level * 256 - grey) * saturation + grey * 256 + (1 << 15)) >> 16
            out[top : top + _STRIP, :, channel] = np.clip(mixed, 0, 255)
    return out


def adjusting(*, exposure: float, contrast: float, temperature: float) -> tuple[Table, Table, Table]:
    """Tables for exposure (stops), contrast and temperature (−100 … 100).

    Exposure multiplies linear light (sRGB transfer of IEC 61966-2-1). Contrast turns the encoded
    tone around the middle: a slope of 2^(contrast/50), smoothly flattened at both ends. Temperature
    scales red against blue in linear light, by at most 1.5 either way.
    """
    warm = 1.5 ** (temperature / 100)
    gains = (warm, 1.0, 1 / warm)
    return tuple(_table(2.0**exposure * gain, contrast) for gain in gains)  # type: ignore[return-value]


def _table(gain: float, contrast: float) -> Table:
    levels = []
    for level in range(256):
        tone = _encoded(min(1.0, gain * _linear(level / 255)))
        levels.append(_round(255 * _contrasted(tone, contrast)))
    return np.array(levels, np.uint8)


def _round(level: float) -> int:
    """To the nearest level; rounded in between, so that the last bit of a maths library does not count."""
    return min(255, max(0, math.floor(round(level, 6) + 0.5)))


def _linear(tone: float) -> float:
    return tone / 12.92 if tone <= 0.04045 else ((tone + 0.055) / 1.055) ** 2.4


def _encoded(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _contrasted(tone: float, contrast: float) -> float:
    slope: float = 2 ** (contrast / 50)
    if slope == 1:
        return tone
    if slope < 1:
        return 0.5 + (tone - 0.5) * slope
    # t^s / (t^s + (1-t)^s) has the slope s in the middle and keeps black and white.
    up, down = tone**slope, (1 - tone) ** slope
    return float(up / (up + down))


def curve_table(points: Sequence[tuple[int, int]]) -> Table:
    """A monotone cubic through *points* (Fritsch and Carlson 1980), level outside them; empty is the identity."""
    if not points:
        return np.arange(256, dtype=np.uint8)
    xs, ys = [float(x) for x, _y in points], [float(y) for _x, y in points]
    slopes = _tangents(xs, ys)
    levels = []
    for level in range(256):
        x = min(max(float(level), xs[0]), xs[-1])
        i = max(k for k in range(len(xs) - 1) if xs[k] <= x)
        width = xs[i + 1] - xs[i]
        t = (x - xs[i]) / width
        h00, h10 = (1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2
        h01, h11 = t * t * (3 - 2 * t), t * t * (t - 1)
        levels.append(_round(h00 * ys[i] + h10 * width * slopes[i] + h01 * ys[i + 1] + h11 * width * slopes[i + 1]))
    return np.array(levels, np.uint8)


def _tangents(xs: list[float], ys: list[float]) -> list[float]:
    secants = [(ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]) for i in range(len(xs) - 1)]
    slopes = [
        secants[0],
        *[0.0 if before * after <= 0 else (before + after) / 2 for before, after in itertools.pairwise(secants)],
        secants[-1],
    ]
    for i, secant in enumerate(secants):
        if secant == 0:
            slopes[i] = slopes[i + 1] = 0.0
            continue
        alpha, beta = slopes[i] / secant, slopes[i + 1] / secant
        if (length := alpha * alpha + beta * beta) > 9:
            slopes[i], slopes[i + 1] = (3 / math.sqrt(length) * part * secant for part in (alpha, beta))
    return slopes
