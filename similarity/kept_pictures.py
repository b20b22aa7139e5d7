"""Reduced copies of known works, kept only to be laid over pictures that may be copies of them.

Most references have none: the catalogue is facts and vectors, and artists who enrol works are promised that the
pictures are not kept. ``import_artworks --keep-pictures`` keeps those of a collection that one has the right to keep.
A copy is a file named by the SHA-256 of the work it was made of, at most ``SIDE`` pixels long; it is written after its
row and goes before it, so a crash leaves a row without a picture and never a picture without a row.
"""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 512


def reduced_copy(rgb: Image.Image) -> bytes:
    """What is kept of an upright RGB picture: WebP."""
    small = rgb.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=90, method=4)
    return out.getvalue()


def key_of(sha256: str) -> str:
    """``references/ab/cd/<sha256>.webp``, by the SHA-256 of the work's own file."""
    return f"references/{sha256[:2]}/{sha256[2:4]}/{sha256}.webp"


def keep(sha256: str, data: bytes) -> None:
    """Write a reduced copy under its key. What is there already stays."""
    key = key_of(sha256)
    if not default_storage.exists(key):
        default_storage.save(key, ContentFile(data))


def kept(sha256: str) -> "NDArray[np.uint8] | None":
    """The kept copy's pixels (height × width × 3, RGB); None where there is no readable file."""
    import numpy as np

    try:
        with default_storage.open(key_of(sha256), "rb") as file, Image.open(file) as image:
            return np.asarray(image.convert("RGB"))
    except OSError:
        return None


def forget(sha256s: Iterable[str]) -> None:
    """Remove the copies of these works, where there are any."""
    for sha256 in sha256s:
        default_storage.delete(key_of(sha256))
