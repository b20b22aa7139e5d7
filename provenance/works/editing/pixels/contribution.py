"""Whose hand each pixel shows: the map, carried through a sitting's steps. numpy only.

A pixel's value is the kind of its last change of content, plus :data:`ADJUSTED` when a person changed
its tone or colour since. So the map answers two questions and mixes them nowhere: who changed it
*last* (an adjustment is a person's edit), and who *made what is seen there*.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from provenance.works.editing.pixels.canvas import Canvas, Change

UNKNOWN, AI_GENERATION, AI_EDIT, HUMAN_EDIT, DECLARED = range(5)
ADJUSTED = 16
NAMES = ("unknown", "ai_generation", "ai_edit", "human_edit", "declared")
# Told apart also by people who see few colours (Okabe and Ito 2008); adjusted ones are paler.
COLOURS = ((128, 128, 128), (0, 114, 178), (204, 121, 167), (0, 158, 115), (230, 159, 0))

Kinds = NDArray[np.uint8]


def whole(width: int, height: int, kind: int) -> Kinds:
    """A map (height × width) of one kind."""
    return np.full((height, width), kind, np.uint8)


def advanced(kinds: Kinds, before: Canvas, change: Change, *, merges: bool) -> Kinds:
    """The map of the picture under the layers after *change*, which was made on *before*."""
    if merges:
        kinds = merged(kinds, before)
    carried = change.geometry.carry(kinds)
    if change.touch == "layers" or not change.changed.any():
        return carried
    out = carried.copy()
    if change.touch == "adjustment":
        out[change.changed] |= ADJUSTED
    else:
        out[change.changed] = AI_EDIT if change.touch == "ai" else HUMAN_EDIT
    return out


def merged(kinds: Kinds, canvas: Canvas) -> Kinds:
    """With what lies on visible layers, all of which a person painted or wrote."""
    return np.where(canvas.covered(), np.uint8(HUMAN_EDIT), kinds)


def shares(kinds: Kinds) -> dict[str, Any]:
    """Shares of the pixels, each group adding up to 1: by last change, by content; and of adjusted ones."""
    counts = np.bincount(kinds.ravel(), minlength=32).astype(np.float64) / kinds.size
    content = {name: counts[kind] + counts[kind | ADJUSTED] for kind, name in enumerate(NAMES)}
    last = {name: counts[kind] for kind, name in enumerate(NAMES)}
    adjusted = float(counts[ADJUSTED:].sum())
    last["human_edit"] += adjusted
    return {
        "last_change": {name: round(float(share), 6) for name, share in last.items()},
        "content": {name: round(float(share), 6) for name, share in content.items()},
        "adjusted": round(adjusted, 6),
    }


def to_png(kinds: Kinds) -> bytes:
    """An indexed PNG as large as the picture: the palette's number is the pixel's value."""
    from PIL import Image

    image = Image.fromarray(kinds).convert("P")
    image.putpalette(_palette())
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False)
    return out.getvalue()


def from_png(data: bytes) -> Kinds:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return np.array(image)


def _palette() -> list[int]:
    colours = [(0, 0, 0)] * 32
    for kind, colour in enumerate(COLOURS):
        colours[kind] = colour
        colours[kind | ADJUSTED] = tuple((level + 255) // 2 for level in colour)  # type: ignore[assignment]
    return [level for colour in colours for level in colour]
