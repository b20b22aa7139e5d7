"""Write the unsigned marks (one XMP packet) into a finished image, before it is signed."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What the XMP packet of a generated image says (IPTC 2025.1 and PLUS names)."""

    system: str
    system_version: str
    prompt: str
    negative_prompt: str = ""
    title: str = ""


def embed(image: bytes, *, media_type: str, marks: Marks) -> bytes:
    """Return *image* with the marks in one XMP packet; every pixel stays as it is.

    ``media_type`` is image/png, image/jpeg or image/webp. Raises :class:`MarkingError` with
    ``unsupported_format``, ``malformed_image`` or ``pixels_changed``.
    """
    raise NotImplementedError
