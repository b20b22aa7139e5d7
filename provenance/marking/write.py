"""Write the unsigned marks (one XMP packet) into a finished image before it is signed; find them again after."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from provenance.marking import avif, containers, tiff, xmp
from provenance.marking.errors import MarkingError
from provenance.marking.read import packets as packets_in

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PLUS_VOCABULARY = "http://ns.useplus.org/ldf/vocab/"


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What the XMP packet of an image says (IPTC 2025.1, PLUS, TC260 and XMP names beside it).

    ``created`` and ``modified`` are ISO 8601; ``identifier`` is the version's id. ``source_type`` and
    ``data_mining`` are the last parts of the IPTC and PLUS vocabulary addresses. Empty fields are not
    written: a picture no AI had a part in has neither system nor prompt.
    """

    system: str = ""  # Iptc4xmpExt:AISystemUsed
    system_version: str = ""  # Iptc4xmpExt:AISystemVersionUsed
    prompt: str = ""  # Iptc4xmpExt:AIPromptInformation, the negative prompt included
    negative_prompt: str = ""
    title: str = ""  # dc:title
    tool: str = ""  # xmp:CreatorTool
    created: str = ""  # xmp:CreateDate
    modified: str = ""  # xmp:ModifyDate
    provider: str = ""  # dc:publisher: who offers the system (California BPC §22757.3)
    prompt_writer: str = ""  # Iptc4xmpExt:AIPromptWriterName, only when that person wishes it
    identifier: str = ""  # dc:identifier
    source_type: str = "trainedAlgorithmicMedia"  # Iptc4xmpExt:DigitalSourceType
    data_mining: str = "DMI-PROHIBITED-AIMLTRAINING"  # plus:DataMining
    constraint: str = ""  # plus:OtherConstraints, with DMI-PROHIBITED-SEECONSTRAINT
    aigc: str = ""  # TC260:AIGC, see ``tc260.py``

    def properties(self) -> dict[str, str]:
        """XMP properties in the order they are written; empty ones are left out."""
        prompt = self.prompt
        if self.negative_prompt:
            prompt = f"{prompt}\nNegative prompt: {self.negative_prompt}"
        named = {
            "dc:title": self.title,
            "dc:identifier": self.identifier,
            "dc:publisher": self.provider,
            "xmp:CreatorTool": self.tool,
            "xmp:CreateDate": self.created,
            "xmp:ModifyDate": self.modified,
            "Iptc4xmpExt:DigitalSourceType": self.source_type and SOURCE_TYPES + self.source_type,
            "Iptc4xmpExt:AISystemUsed": self.system,
            "Iptc4xmpExt:AISystemVersionUsed": self.system_version,
            "Iptc4xmpExt:AIPromptInformation": prompt,
            "Iptc4xmpExt:AIPromptWriterName": self.prompt_writer,
            "plus:DataMining": self.data_mining and PLUS_VOCABULARY + self.data_mining,
            "plus:OtherConstraints": self.constraint,
            "TC260:AIGC": self.aigc,
        }
        return {name: value for name, value in named.items() if value}


def embed(image: bytes, *, media_type: str, marks: Marks) -> bytes:
    """Return *image* with the marks in one XMP packet; every byte of picture data stays as it is.

    ``media_type`` is image/png, image/jpeg, image/webp, image/avif or image/tiff. A packet that is
    already there is replaced. In a JPEG the packet must fit one segment, so a very long prompt is cut
    there; the credential has all of it. Raises :class:`MarkingError` with ``unsupported_format`` or
    ``malformed_image``.
    """
    if media_type not in _WRITERS:
        raise MarkingError("unsupported_format", _("Marks can be written into PNG, JPEG, WebP, AVIF and TIFF only."))
    write, begins, at = _WRITERS[media_type]
    try:
        if not image.startswith(begins, at):
            raise ValueError("the file is of another kind")
        return write(image, xmp.build(written(marks, media_type=media_type)))
    except (ValueError, IndexError, OverflowError, struct.error) as error:
        raise MarkingError(
            "malformed_image",
            _("The file is not a well-formed %(type)s, so no marks were written.") % {"type": media_type},
        ) from error


_WRITERS: dict[str, tuple[Callable[[bytes, bytes], bytes], bytes | tuple[bytes, ...], int]] = {
    "image/png": (containers.put_xmp_in_png, containers.PNG, 0),
    "image/jpeg": (containers.put_xmp_in_jpeg, b"\xff\xd8", 0),
    "image/webp": (containers.put_xmp_in_webp, b"RIFF", 0),
    "image/avif": (avif.put_xmp, b"ftypavi", 4),
    "image/tiff": (tiff.put_xmp, (b"II*\0", b"MM\0*"), 0),
}


def written(marks: Marks, *, media_type: str) -> dict[str, str]:
    """The properties as they are really written into a file of *media_type*: see the limit of :func:`embed`."""
    properties = marks.properties()
    if media_type == "image/jpeg" and len(xmp.build(properties)) > containers.JPEG_ROOM:
        return _shortened(marks).properties()
    return properties


def check(image: bytes, *, media_type: str, marks: Marks) -> None:
    """Read the packet of a finished (signed) *image* and compare it, field by field, with what was meant.

    Raises :class:`MarkingError` ``marks_not_read_back`` that names the fields which are missing or other.
    """
    packets = packets_in(image)
    try:
        found = xmp.parse(packets[0]) if len(packets) == 1 else {}
    except ValueError:
        found = {}
    meant = {name: xmp.writable(text).strip() for name, text in written(marks, media_type=media_type).items()}
    wrong = sorted(name for name, text in meant.items() if text and found.get(name) != text)
    if wrong or len(packets) != 1:
        raise MarkingError(
            "marks_not_read_back",
            _("After signing, the file does not carry the marks that were written (%(fields)s). It was thrown away.")
            % {"fields": ", ".join(wrong) or _("more than one packet")},
        )


def _shortened(marks: Marks) -> Marks:
    """Prompts cut so that the packet surely fits: at most 4 bytes a character, and 5 for ``&amp;``."""
    room = (containers.JPEG_ROOM - 4_000) // 2 // 5
    return replace(
        marks,
        title=marks.title[:200],
        prompt=_cut(marks.prompt, room),
        negative_prompt=_cut(marks.negative_prompt, room),
    )


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
