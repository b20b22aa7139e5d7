"""What a job begins from besides words: a picture, and a mask of what may be drawn anew."""

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from generation import blobs
from generation.errors import GenerationError
from generation.models import Job

SIDE_MIN, SIDE_MAX = 8, 8192
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Beginning:
    """``size`` (width, height) is the source's, None for words alone; ``columns`` are those of the job's row.

    ``files`` are the PNG files that the columns name, still to be stored.
    """

    size: tuple[int, int] | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    files: tuple[bytes, ...] = ()


def checked_beginning(*, operation: str, source: bytes | None, mask: bytes | None, strength: float | None) -> Beginning:
    """The pictures for a job of *operation*, still to be stored. They come from this service, never from strangers.

    Raises ``GenerationError``: ``bad_operation``, ``bad_source``, ``bad_mask``, ``bad_strength``.
    """
    if operation not in Job.Operation.values:
        sentence = _("There is no such operation. Ask for one of: %(operations)s.")
        raise GenerationError(
            "bad_operation", sentence % {"operations": ", ".join(Job.Operation.values)}, field="operation"
        )
    if operation == Job.Operation.TEXT_TO_IMAGE:
        if source is not None or mask is not None or strength is not None:
            raise GenerationError("bad_operation", _("A picture from words has no source."), field="operation")
        return Beginning()
    size = png_size(source or b"")
    if size is None or not (min(size) >= SIDE_MIN and max(size) <= SIDE_MAX):
        raise GenerationError(
            "bad_source",
            _("The source must be a PNG of %(low)d to %(high)d pixels on a side.")
            % {"low": SIDE_MIN, "high": SIDE_MAX},
            field="source",
        )
    if (operation == Job.Operation.INPAINT) != (mask is not None) or (mask is not None and png_size(mask) != size):
        raise GenerationError(
            "bad_mask", _("Drawing a part anew, and only that, needs a mask as large as the source."), field="mask"
        )
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength <= 1:
        raise GenerationError("bad_strength", _("Strength must be above 0 and at most 1."), field="strength")
    assert source is not None
    return Beginning(
        size,
        {
            "operation": operation,
            "source": _key(source),
            "mask": _key(mask) if mask is not None else "",
            "strength": float(strength),
        },
        (source,) if mask is None else (source, mask),
    )


def _key(png: bytes) -> str:
    return blobs.key_of(hashlib.sha256(png).hexdigest(), "png")


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header of a PNG, or None when it is none."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)
