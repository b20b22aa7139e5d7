"""What happened to a picture between the parent and the query: read off the homography and the pixels. Pure.

Numbers only; the words are in ``wording.py``. All of it was *measured* and none of it is signed.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity.matching.agreement import Laid, alike, lay_over
from similarity.matching.features import reduced
from similarity.matching.geometry import Matrix, area, clip, corners, local, overlap, perspective, transform
from similarity.matching.registration import Registration

Pixels = NDArray[np.uint8]
# What is smaller than these is the measurement's own unrest.
_DEGREES = 0.7
_SCALE = 0.02
_STRETCH = 0.03
_PERSPECTIVE = 0.04
_KEPT = 0.985
_MARGIN = 0.015
_LEVELS = 6.0
_CONTRAST = 0.08
_GREY = 2.0
# Grey levels that the empty corners of a turned canvas may differ by.
_EMPTY = 3
# They are looked for at this length of the long side.
_LOOKED_AT = 1024


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the parent."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Margins:
    """What lies around the parent in the query, as shares (0..1) of the query's width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class Changes:
    """From the parent to the query, in the order in which a person would tell it.

    ``codes`` name what is worth saying, of: ``mirrored``, ``rotated``, ``perspective``, ``stretched``,
    ``scaled``, ``cropped``, ``framed``, ``greyed``, ``brightened``, ``darkened``, ``contrast``,
    ``recoloured``, ``blurred``, ``resaved`` (pixels differ a little everywhere) or ``none``.

    ``rotated`` degrees clockwise, after mirroring left and right; ``scaled`` pixels of the query per pixel
    of the parent; ``stretched`` horizontal scale by vertical scale; ``perspective`` how much nearer one end
    of the parent is (0.3: 30 %); ``cropped`` the rectangle of the parent around what the query shows, and
    ``kept`` its true share of the parent's area; ``framed`` what was put around it; ``brightness`` grey
    levels (of 255) and ``contrast`` a factor, both of luma; ``difference`` mean absolute difference of what
    is left, in grey levels.
    """

    codes: tuple[str, ...]
    mirrored: bool
    rotated: float
    scaled: float
    stretched: float
    perspective: float
    cropped: Box | None
    kept: float
    framed: Margins | None
    brightness: float
    contrast: float
    difference: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **{name: getattr(self, name) for name in ("mirrored", "rotated", "scaled", "stretched", "perspective")},
            **{name: getattr(self, name) for name in ("kept", "brightness", "contrast", "difference")},
            "codes": list(self.codes),
            "cropped": vars(self.cropped) if self.cropped else None,
            "framed": vars(self.framed) if self.framed else None,
        }


def describe(registration: Registration, *, query: Pixels, parent: Pixels) -> Changes:
    """What happened to *parent* on the way to *query*, two RGB pictures that were registered."""
    meeting = overlap(registration.homography, query=registration.query_size, parent=registration.parent_size)
    assert meeting is not None, "a registration has an overlap"
    inverse = np.asarray(np.linalg.inv(registration.homography), np.float64)
    inverse /= inverse[2, 2]
    slant = perspective(registration.homography, meeting.in_query)
    mirrored, rotated, scaled, stretched = _decomposed(local(inverse, meeting.in_parent.mean(axis=0)))
    turned_askew = abs((rotated + 45) % 90 - 45) >= _DEGREES
    shown = _shown(query, registration, meeting.in_parent) if turned_askew else meeting.in_parent
    kept = area(shown) / (registration.parent_size[0] * registration.parent_size[1])
    laid = lay_over(query, parent, registration.homography)
    assert laid is not None, "a registration was laid over"
    # Not to the very edge, where the picture and what lies beyond it run into each other.
    inner = shown.mean(axis=0) + 0.97 * (shown - shown.mean(axis=0))
    tone = _tone(replace(laid, mask=laid.mask & laid.within(inner)))
    changes: dict[str, Any] = {
        "mirrored": mirrored,
        "rotated": rotated if abs(rotated) >= _DEGREES else 0.0,
        "scaled": scaled,
        "stretched": stretched,
        "perspective": slant if slant >= _PERSPECTIVE else 0.0,
        "cropped": _box(shown, registration.parent_size) if kept < _KEPT else None,
        "kept": min(1.0, kept),
        "framed": _margins(inverse, registration),
        "brightness": tone.brightness,
        "contrast": tone.contrast,
        "difference": tone.difference,
    }
    return Changes(codes=_codes(changes, tone), **changes)


def _shown(query: Pixels, registration: Registration, meeting: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of the parent that is really shown: not the empty corners of a canvas that was turned."""
    import cv2

    # OpenCV only reads the canvas, but asks for one that it could write to.
    canvas = reduced(query, side=_LOOKED_AT) if max(query.shape) > _LOOKED_AT else query.copy()
    filled = np.zeros((canvas.shape[0] + 2, canvas.shape[1] + 2), np.uint8)
    right, bottom = canvas.shape[1] - 1, canvas.shape[0] - 1
    level = (_EMPTY,) * 3
    for corner in ((0, 0), (right, 0), (right, bottom), (0, bottom)):
        if not filled[corner[1] + 1, corner[0] + 1]:
            flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
            cv2.floodFill(canvas, filled, corner, 0, level, level, flags)
    rest = np.argwhere(filled[1:-1, 1:-1] == 0)[:, ::-1]
    if len(rest) < 100 or len(rest) > 0.98 * filled.size:
        return meeting
    centre, (width, height), angle = cv2.minAreaRect(rest.astype(np.float32) + 0.5)
    quad = cv2.boxPoints((centre, (width + 1, height + 1), angle)).astype(np.float64)
    if len(rest) < 0.97 * area(quad):
        return meeting  # what is left is no rectangle, so the plain parts are the picture's own
    quad *= np.array(query.shape[1::-1]) / np.array(canvas.shape[1::-1])
    shown = clip(transform(registration.homography, quad), registration.parent_size)
    return shown if len(shown) >= 3 and area(shown) <= area(meeting) else meeting


def _decomposed(linear: Matrix) -> tuple[bool, float, float, float]:
    """Mirrored, degrees clockwise, scale, and stretch of a parent → query 2 × 2 matrix: R·diag(±sx, sy)."""
    mirrored = bool(np.linalg.det(linear) < 0)
    if mirrored:
        linear = linear @ np.diag([-1.0, 1.0])
    left, values, right = np.linalg.svd(linear)
    turn = left @ right
    rotated = math.degrees(math.atan2(turn[1, 0], turn[0, 0]))
    across, down = float(np.linalg.norm(linear[:, 0])), float(np.linalg.norm(linear[:, 1]))
    return mirrored, round(rotated, 2), round(float(np.sqrt(values[0] * values[1])), 4), round(across / down, 4)


def _box(polygon: NDArray[np.float64], size: tuple[int, int]) -> Box:
    low = np.clip(np.round(polygon.min(axis=0)), 0, size).astype(int)
    high = np.clip(np.round(polygon.max(axis=0)), 0, size).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def _margins(inverse: Matrix, registration: Registration) -> Margins | None:
    """Room around the parent's quad; the corners that a turned picture leaves empty are no frame."""
    quad = transform(inverse, corners(registration.parent_size))
    if not np.isfinite(quad).all():
        return None
    low, high = quad.min(axis=0) / registration.query_size, quad.max(axis=0) / registration.query_size
    around = [round(float(max(0.0, room)), 3) for room in (*low, *(1 - high))]
    return Margins(*around) if max(around) >= _MARGIN else None


@dataclass(frozen=True)
class _Tone:
    brightness: float
    contrast: float
    difference: float
    greyed: bool
    recoloured: bool
    blurred: bool
    same: bool


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def _tone(laid: Laid) -> _Tone:
    """Differences of light, colour and sharpness where the two lie over each other."""
    import cv2

    mask = alike(laid)
    a, b = laid.query[mask].astype(np.float32), laid.parent[mask].astype(np.float32)
    one, other = a @ _LUMA, b @ _LUMA
    brightness = float(one.mean() - other.mean())
    contrast = float((one.std() + 1.0) / (other.std() + 1.0))
    colour, before = _chroma(a), _chroma(b)
    greyed = bool(np.abs(colour).mean() < _GREY < np.abs(before).mean() / 2)
    shift = float(np.abs(colour.mean(axis=0) / contrast - before.mean(axis=0)).max())
    levelled = (one - one.mean()) / contrast + other.mean()
    sharpness = [
        float(np.abs(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_32F))[mask].mean()) + 0.5
        for pixels in (laid.query, laid.parent)
    ]
    return _Tone(
        brightness=round(brightness, 1),
        contrast=round(contrast, 3),
        difference=round(float(np.abs(levelled - other).mean()), 2),
        greyed=greyed,
        recoloured=not greyed and shift > _LEVELS,
        blurred=sharpness[0] / sharpness[1] / contrast < 0.6,
        same=bool((laid.query[laid.mask] == laid.parent[laid.mask]).all()),
    )


def _chroma(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Red and blue less the grey of each pixel (n × 2)."""
    grey = pixels @ _LUMA
    return np.stack([pixels[:, 0] - grey, pixels[:, 2] - grey], axis=1)


def _codes(changes: dict[str, Any], tone: _Tone) -> tuple[str, ...]:
    flat = not changes["perspective"]
    said = {
        "mirrored": changes["mirrored"],
        "rotated": changes["rotated"] != 0.0,
        "perspective": not flat,
        "stretched": flat and abs(changes["stretched"] - 1) > _STRETCH,
        "scaled": abs(changes["scaled"] - 1) > _SCALE,
        "cropped": changes["cropped"] is not None,
        "framed": changes["framed"] is not None,
        "greyed": tone.greyed,
        "brightened": tone.brightness > _LEVELS,
        "darkened": tone.brightness < -_LEVELS,
        "contrast": abs(tone.contrast - 1) > _CONTRAST,
        "recoloured": tone.recoloured,
        "blurred": tone.blurred,
    }
    codes = tuple(code for code, holds in said.items() if holds)
    return codes or (("none",) if tone.same else ("resaved",))
