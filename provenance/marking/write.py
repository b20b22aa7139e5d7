"""Write the unsigned marks (one XMP packet) into a finished image, before it is signed."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from provenance.marking import containers, xmp
from provenance.marking.errors import MarkingError

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PLUS_VOCABULARY = "http://ns.useplus.org/ldf/vocab/"


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What the XMP packet of a generated image says (IPTC 2025.1, PLUS and XMP names beside it).

    ``created`` is ISO 8601; ``identifier`` is the version's id. ``source_type`` and ``data_mining``
    are the last parts of the IPTC and PLUS vocabulary addresses.
    """

    system: str  # Iptc4xmpExt:AISystemUsed
    system_version: str  # Iptc4xmpExt:AISystemVersionUsed
    prompt: str  # Iptc4xmpExt:AIPromptInformation, the negative prompt included
    negative_prompt: str = ""
    title: str = ""  # dc:title
    tool: str = ""  # xmp:CreatorTool
    created: str = ""  # xmp:CreateDate
    identifier: str = ""  # dc:identifier
    source_type: str = "trainedAlgorithmicMedia"  # Iptc4xmpExt:DigitalSourceType
    data_mining: str = "DMI-PROHIBITED-AIMLTRAINING"  # plus:DataMining

    def properties(self) -> dict[str, str]:
        """XMP properties in the order they are written; empty ones are left out."""
        prompt = self.prompt
        if self.negative_prompt:
            prompt = f"{prompt}\nNegative prompt: {self.negative_prompt}"
        named = {
            "dc:title": self.title,
            "dc:identifier": self.identifier,
            "xmp:CreatorTool": self.tool,
            "xmp:CreateDate": self.created,
            "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPES + self.source_type,
            "Iptc4xmpExt:AISystemUsed": self.system,
            "Iptc4xmpExt:AISystemVersionUsed": self.system_version,
            "Iptc4xmpExt:AIPromptInformation": prompt,
            "plus:DataMining": PLUS_VOCABULARY + self.data_mining,
        }
        return {name: value for name, value in named.items() if value}


def embed(image: bytes, *, media_type: str, marks: Marks) -> bytes:
    """Return *image* with the marks in one XMP packet; every byte of picture data stays as it is.

    ``media_type`` is image/png, image/jpeg or image/webp. A packet that is already there is replaced.
    In a JPEG the packet must fit one segment, so a very long prompt is cut there; the credential
    has all of it. Raises :class:`MarkingError` with ``unsupported_format`` or ``malformed_image``.
    """
    writers = {
        "image/png": (containers.put_xmp_in_png, containers.PNG),
        "image/jpeg": (containers.put_xmp_in_jpeg, b"\xff\xd8"),
        "image/webp": (containers.put_xmp_in_webp, b"RIFF"),
    }
    if media_type not in writers:
        raise MarkingError("unsupported_format", _("Marks can be written into PNG, JPEG and WebP files only."))
    write, magic = writers[media_type]
    packet = xmp.build(marks.properties())
    if media_type == "image/jpeg" and len(packet) > containers.JPEG_ROOM:
        packet = xmp.build(_shortened(marks).properties())
    try:
        if not image.startswith(magic):
            raise ValueError("the file is of another kind")
        return write(image, packet)
    except (ValueError, IndexError) as error:
        raise MarkingError(
            "malformed_image",
            _("The file is not a well-formed %(type)s, so no marks were written.") % {"type": media_type},
        ) from error


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
