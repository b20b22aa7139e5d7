"""Where a step changed the picture, as its row keeps it."""

import io
from typing import TYPE_CHECKING, Any

from generation import stored_files

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Change, Mask


def describe(done: "Change", *, owner_id: int) -> dict[str, Any]:
    """What an edit's row tells of a change: size, mask (stored for the account), share and box."""
    return {
        "width": done.canvas.width,
        "height": done.canvas.height,
        "changed": round(float(done.changed.mean()), 6),
        "box": box_of(done.changed),
        "mask": stored_files.keep(mask_png(done.changed), "png", owner_id=owner_id),
    }


def mask_png(mask: "Mask") -> bytes:
    """A black and white PNG of one bit a pixel: white where something changed."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    return out.getvalue()


def box_of(mask: "Mask") -> list[int] | None:
    """The smallest upright box (x, y, width, height) around what is true."""
    import numpy as np

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    found: list[Any] = [columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
    return [int(value) for value in found]
