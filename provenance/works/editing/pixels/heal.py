"""Healing: the texture of one place with the light of another, by solving Laplace's equation. numpy only.

The patch is laid in so that its gradients stay and its rim meets the picture (Pérez, Gangnet and
Blake 2003): patch + h, where h is harmonic inside the mask and equals picture − patch around it.
"""

import numpy as np
from numpy.typing import NDArray

from provenance.works.editing.pixels.canvas import Mask, Pixels

_ROUNDS = 40
# Pixels healed in one step: about five seconds of one core.
PIXELS_MAX = 1_000_000
Field = NDArray[np.float64]


def healed(picture: Pixels, patch: Pixels, mask: Mask) -> Pixels:
    """*picture* with *patch* healed in where *mask* is; all height × width, RGB. Outside nothing changes."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return picture
    top, left = max(0, rows[0] - 1), max(0, columns[0] - 1)
    window = (slice(top, rows[-1] + 2), slice(left, columns[-1] + 2))
    inside = mask[window]
    difference = picture[window].astype(np.float64) - patch[window]
    out = picture.copy()
    if inside.all():
        out[window] = patch[window]  # no rim to meet
        return out
    level = _harmonic(difference, inside)
    mended = np.clip(np.floor(patch[window] + level + 0.5), 0, 255).astype(np.uint8)
    out[window] = np.where(inside[..., None], mended, picture[window])
    return out


def _harmonic(values: Field, inside: Mask) -> Field:
    """*values* kept where not *inside*, harmonic there: coarse first, then refined (cascadic multigrid)."""
    height, width = inside.shape
    if min(height, width) <= 4 or not inside.any():
        start = np.where(inside[..., None], values[~inside].mean(axis=0) if (~inside).any() else 0.0, values)
        return _relaxed(start, inside, rounds=4 * (height + width))
    small_inside, small_values = _halved(values, inside)
    coarse = _harmonic(small_values, small_inside)
    start = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)[:height, :width]
    return _relaxed(np.where(inside[..., None], start, values), inside, rounds=_ROUNDS)


def _halved(values: Field, inside: Mask) -> tuple[Mask, Field]:
    """Half the size: a cell is known where any of its four pixels is, and has the mean of those."""
    height, width = inside.shape
    pad = ((0, height % 2), (0, width % 2))
    known = np.pad(~inside, pad).astype(np.float64)[..., None]
    full = np.pad(values, (*pad, (0, 0))) * known
    shape = (known.shape[0] // 2, 2, known.shape[1] // 2, 2, -1)
    count = known.reshape(shape).sum(axis=(1, 3))
    total = full.reshape(shape).sum(axis=(1, 3))
    return count[..., 0] == 0, total / np.maximum(count, 1)


def _relaxed(values: Field, inside: Mask, *, rounds: int) -> Field:
    """Jacobi's iteration on the pixels *inside*; no flow over the window's own edge."""
    height, width = inside.shape
    rows, columns = np.nonzero(inside)
    here = rows * width + columns
    neighbours = (
        np.maximum(rows - 1, 0) * width + columns,
        np.minimum(rows + 1, height - 1) * width + columns,
        rows * width + np.maximum(columns - 1, 0),
        rows * width + np.minimum(columns + 1, width - 1),
    )
    flat = values.reshape(-1, values.shape[2]).copy()
    for _round in range(rounds):
        flat[here] = (flat[neighbours[0]] + flat[neighbours[1]] + flat[neighbours[2]] + flat[neighbours[3]]) / 4
    return flat.reshape(values.shape)
