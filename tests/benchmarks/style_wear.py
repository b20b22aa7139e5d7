"""Give one picture the look of another, in closed form: colours, strokes, contrast at every scale.

No weights, ours or others': what is moved is what can be written down. (1) Colours: the linear map in CIE Lab that
takes the mean and covariance of one picture to the other's and moves each colour least (Monge-Kantorovich;
Pitié and Kokaram 2007). (2) Strokes: every small patch is redrawn by the patch of the look that resembles it most,
its own mean kept, overlaps averaged (as in Efros and Freeman's image quilting, SIGGRAPH 2001, and Elad and Milanfar,
arXiv 1609.03057, without their iterations). (3) Contrast: in every band of a Laplacian pyramid of the lightness
(Burt and Adelson 1983) the coefficients take the look's distribution, rank by rank (Heeger and Bergen 1995).

What it cannot do: drawing, proportion, composition, choice of subject. So it asks of an encoder whether it sees
palette, grain and handling before it sees what is depicted, and no more than that.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from similarity.readout import power

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
LONG_SIDE = 224
PATCH, CONTENT_STRIDE, LOOK_STRIDE = 8, 4, 3
BANDS = 4


def wear(content: Pixels, look: Pixels) -> Pixels:
    """*content* with the look of *look*: RGB uint8, of the content's size (at most ``LONG_SIDE`` long)."""
    mine, theirs = _lab(content), _lab(look)
    coloured = _colours(mine, theirs)
    drawn = _strokes(coloured, theirs)
    drawn[:, :, 0] = _bands(np.ascontiguousarray(drawn[:, :, 0]), np.ascontiguousarray(theirs[:, :, 0]))
    rgb = cv2.cvtColor(np.clip(drawn, (0, -127, -127), (100, 127, 127)).astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(rgb * 255 + 0.5, 0, 255), np.uint8)


def _lab(picture: Pixels) -> Floats:
    height, width = picture.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(2 * PATCH, round(width * scale)), max(2 * PATCH, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _colours(mine: Floats, theirs: Floats) -> Floats:
    flat, other = (p.reshape(-1, 3).astype(np.float64) for p in (mine, theirs))
    source, target = (np.cov(p, rowvar=False) + 1e-3 * np.eye(3) for p in (flat, other))
    root, inverse = power(source, 0.5), power(source, -0.5)
    moved = (flat - flat.mean(0)) @ (inverse @ power(root @ target @ root, 0.5) @ inverse) + other.mean(0)
    return np.asarray(moved.reshape(mine.shape), np.float32)


def _patches(picture: Floats, stride: int) -> tuple[Floats, Floats]:
    """Patches without their means, n × (PATCH² · 3), and the means, n × 3."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH, PATCH), axis=(0, 1))[::stride, ::stride]
    flat = np.ascontiguousarray(windows.reshape(-1, 3, PATCH * PATCH))
    means = flat.mean(axis=2)
    return (flat - means[:, :, None]).reshape(len(flat), -1), means


def _strokes(coloured: Floats, theirs: Floats) -> Floats:
    """Every patch redrawn by the nearest patch of the look, chosen by its lightness."""
    height, width = coloured.shape[:2]
    tall, wide = (-(n - PATCH) % CONTENT_STRIDE for n in (height, width))
    padded = np.pad(coloured, ((0, tall), (0, wide), (0, 0)), mode="reflect")
    wanted, means = _patches(padded, CONTENT_STRIDE)
    offered, _ = _patches(theirs, LOOK_STRIDE)
    light = offered[:, : PATCH * PATCH]
    # Squared distance, without the part that is the same for every offer.
    far = (light**2).sum(axis=1) - 2 * wanted[:, : PATCH * PATCH] @ light.T
    drawn = offered[far.argmin(axis=1)].reshape(-1, 3, PATCH, PATCH) + means[:, :, None, None]
    ramp = np.hanning(PATCH + 2)[1:-1]
    window = np.outer(ramp, ramp).astype(np.float32)
    total, weight = np.zeros_like(padded), np.zeros(padded.shape[:2], np.float32)
    columns = (padded.shape[1] - PATCH) // CONTENT_STRIDE + 1
    for i, patch in enumerate(drawn):
        top, left = CONTENT_STRIDE * (i // columns), CONTENT_STRIDE * (i % columns)
        total[top : top + PATCH, left : left + PATCH] += patch.transpose(1, 2, 0) * window[:, :, None]
        weight[top : top + PATCH, left : left + PATCH] += window
    return np.asarray((total / weight[:, :, None])[:height, :width], np.float32)


def _pyramid(plane: Floats) -> list[Floats]:
    bands = []
    for _ in range(BANDS):
        down = np.asarray(cv2.pyrDown(plane), np.float32)
        bands.append(plane - cv2.pyrUp(down, dstsize=(plane.shape[1], plane.shape[0])))
        plane = down
    return [*bands, plane]


def _bands(mine: Floats, theirs: Floats) -> Floats:
    matched = [_ranked(band, other) for band, other in zip(_pyramid(mine), _pyramid(theirs), strict=True)]
    plane = matched.pop()
    while matched:
        band = matched.pop()
        plane = np.asarray(cv2.pyrUp(plane, dstsize=(band.shape[1], band.shape[0])), np.float32) + band
    return np.asarray(plane, np.float32)


def _ranked(mine: Floats, theirs: Floats) -> Floats:
    """The values of *mine* replaced, rank by rank, by the distribution of *theirs*."""
    order = mine.reshape(-1).argsort(kind="stable")
    out = np.empty(mine.size, np.float32)
    places = np.linspace(0, theirs.size - 1, mine.size)
    out[order] = np.interp(places, np.arange(theirs.size), np.sort(theirs.reshape(-1)))
    return out.reshape(mine.shape)
