"""The canvas a sitting has come to: replayed from its rows, with the last few states kept in the cache.

Rows are the truth and the cache only spares time: a state is used when the digest of everything that
led to it is the same.
"""

import hashlib
import io
import json
import zlib
from typing import TYPE_CHECKING

from django.core.cache import cache

from generation import blobs
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.operations.catalogue import operation_from
from provenance.works.editing.operations.operation import Operation

if TYPE_CHECKING:
    from provenance.works.editing.pixels.canvas import Canvas, Change, Pixels

# So that undoing a few steps is as quick as making them.
SLOTS = 4
KEEP_SECONDS = 24 * 3600
# Larger states are replayed instead: they would crowd the cache.
BYTES_MAX = 64 * 1024 * 1024


def pixels_of(key: str) -> "Pixels":
    """The RGB pixels (height × width × 3) of a stored picture."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(blobs.get(key))) as image:
        return np.array(image.convert("RGB"))


def operation_of(edit: Edit) -> Operation:
    """The step's operation, as it was checked when it was taken. Raises ``OperationError``."""
    return operation_from(edit.operation, edit.parameters)


def output_pixels(edit: Edit) -> "Pixels | None":
    return pixels_of(edit.output.blob) if edit.output else None


def apply(edit: Edit, canvas: "Canvas") -> "Change":
    """What the step does to *canvas*. Raises ``OperationError`` when it does not fit."""
    return operation_of(edit).apply(canvas, pixels=output_pixels(edit))


def canvas_of(sitting: Sitting) -> "Canvas":
    """The canvas after every step that counts and whose pixels are there."""
    return _replayed(sitting, [edit for edit in sitting.active_edits().select_related("output") if not edit.pending])


def canvas_before(edit: Edit) -> "Canvas":
    """The canvas that a step which counts was applied to."""
    return _replayed(
        edit.sitting, list(edit.sitting.active_edits().filter(order__lt=edit.order).select_related("output"))
    )


def _replayed(sitting: Sitting, edits: list[Edit]) -> "Canvas":
    from provenance.works.editing.pixels.canvas import Canvas

    digests = _digests(sitting, edits)
    for done in range(len(edits), max(-1, len(edits) - SLOTS), -1):
        if (canvas := _kept(sitting, done, digests[done])) is not None:
            break
    else:
        done, canvas = 0, Canvas(pixels_of(sitting.parent.pixels_blob))
    for place, edit in enumerate(edits[done:], start=done + 1):
        canvas = apply(edit, canvas).canvas
        if place == len(edits):
            _keep(sitting, place, digests[place], canvas)
    return canvas


def remember(sitting: Sitting, canvas: "Canvas") -> None:
    """Keep *canvas* as the state after every step that counts now."""
    edits = [edit for edit in sitting.active_edits() if not edit.pending]
    _keep(sitting, len(edits), _digests(sitting, edits)[-1], canvas)


def state_of(sitting: Sitting) -> str:
    """A digest that changes whenever the picture may."""
    edits = [edit for edit in sitting.active_edits() if not edit.pending]
    return _digests(sitting, edits)[-1]


def _digests(sitting: Sitting, edits: list[Edit]) -> list[str]:
    """The digest before the first step, and after each."""
    last = hashlib.sha256(sitting.parent.pixels_blob.encode()).hexdigest()
    found = [last]
    for edit in edits:
        said = json.dumps([last, edit.operation, edit.parameters, str(edit.output_id)], sort_keys=True)
        last = hashlib.sha256(said.encode()).hexdigest()
        found.append(last)
    return found


def _slot(sitting: Sitting, place: int) -> str:
    return f"canvas:{sitting.pk}:{place % SLOTS}"


def _keep(sitting: Sitting, place: int, digest: str, canvas: "Canvas") -> None:
    import numpy as np

    size = canvas.base.nbytes + sum(layer.rgba.nbytes for layer in canvas.layers)
    if size > BYTES_MAX:
        return
    arrays = [canvas.base.tobytes(), *(np.ascontiguousarray(layer.rgba).tobytes() for layer in canvas.layers)]
    state = {
        "digest": digest,
        "shape": canvas.base.shape,
        "layers": [(layer.name, layer.opacity, layer.visible) for layer in canvas.layers],
        "pixels": zlib.compress(b"".join(arrays), 1),
    }
    cache.set(_slot(sitting, place), state, timeout=KEEP_SECONDS)


def _kept(sitting: Sitting, place: int, digest: str) -> "Canvas | None":
    import numpy as np

    from provenance.works.editing.pixels.canvas import Canvas, Layer

    state = cache.get(_slot(sitting, place))
    if not isinstance(state, dict) or state.get("digest") != digest:
        return None
    height, width, _channels = state["shape"]
    flat = np.frombuffer(zlib.decompress(state["pixels"]), np.uint8)
    count, size = height * width, height * width * 4
    layers = tuple(
        Layer(name, flat[count * 3 + n * size : count * 3 + (n + 1) * size].reshape(height, width, 4), opacity, visible)
        for n, (name, opacity, visible) in enumerate(state["layers"])
    )
    return Canvas(flat[: count * 3].reshape(height, width, 3), layers)
