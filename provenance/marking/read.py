"""Every unsigned mark in a file. Anybody could have written any of it."""

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import structlog

from provenance.marking import containers, exif, generators, iim, xmp
from provenance.marking.containers import Block

log = structlog.get_logger(__name__)

LONGEST_FIELD = 20_000
MOST_FIELDS = 60
MOST_MARKS = 40
MOST_BLOCKS = 1_000
# Of all metadata together, inflated: a small file can hold thousands of chunks that each grow to the bound.
MOST_BYTES = 16_000_000
UNSIGNED = "unsigned"

_STANDARDS = {
    "Iptc4xmpExt": "iptc",
    "photoshop": "iptc",
    "plus": "plus",
    "TC260": "tc260",
    "dc": "xmp",
    "xmp": "xmp",
    "dcterms": "xmp",
    "tiff": "exif",
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something a file says about itself without a signature.

    ``standard`` is who defined the field: iptc, plus, tc260, xmp, exif, a1111, comfyui, invokeai,
    fooocus, civitai, novelai, text, or ``unreadable`` for a mark that is there and broken.
    ``place`` is where it was found (``XMP``, ``EXIF``, or the text chunk's keyword).
    """

    standard: str
    place: str
    fields: dict[str, str]

    @property
    def says_generated(self) -> bool:
        """Whether it claims an AI system made the picture."""
        source = self.fields.get("DigitalSourceType", "").rstrip("/").rpartition("/")[2]
        return (
            self.standard in ("a1111", "comfyui", "invokeai", "fooocus", "civitai", "novelai")
            or source in ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
            or (self.standard == "tc260" and self.fields.get("Label") in ("1", "2", "3"))
            or "AISystemUsed" in self.fields
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "standard": self.standard,
            "place": self.place,
            "standing": UNSIGNED,
            "says_generated": self.says_generated,
            "fields": self.fields,
        }


def read(data: bytes) -> list[Mark]:
    """Marks in *data* (the bytes of an image file), in the order found.

    Never raises because of the file: what cannot be read becomes a mark ``unreadable``. Sizes are
    bounded: 20,000 characters a field, 60 fields a mark, 40 marks, 1,000 blocks and 16 MB of metadata in all.
    """
    marks: list[Mark] = []
    texts: dict[str, str] = {}
    room = MOST_BYTES
    for block in itertools.islice(_blocks(data), MOST_BLOCKS):
        room -= len(block.data)
        if len(marks) >= MOST_MARKS or room < 0:
            break
        try:
            if block.kind == "text":
                texts.setdefault(block.name, block.data[: generators.LARGEST_JSON].decode("utf-8", "replace"))
            elif block.kind == "xmp":
                marks += _of_xmp(block)
            elif block.kind == "exif":
                marks += _of_exif(block)
            elif block.kind == "iim":
                old = iim.fields(block.data)
                marks.append(_mark("iptc", "IPTC-IIM", old) if old else _unreadable("IPTC-IIM"))
            else:
                marks.append(_unreadable(block.name))
        except Exception as error:
            # Pillow's EXIF reader and the XML parser raise a dozen types on hostile content.
            log.info("unreadable_mark", place=block.name, error=type(error).__name__)
            marks.append(_unreadable(block.name))
    return [*marks, *_of_texts(texts)][:MOST_MARKS]


def packets(data: bytes) -> list[bytes]:
    """The XMP packets in *data*, as they stand there."""
    return [block.data for block in _blocks(data) if block.kind == "xmp"]


def _blocks(data: bytes) -> Iterator[Block]:
    if data.startswith((containers.PNG, b"\xff\xd8")) or data[8:12] == b"WEBP":
        yield from containers.blocks(data)
    else:
        yield from _blocks_by_pillow(data)


def _blocks_by_pillow(data: bytes) -> Iterator[Block]:
    """AVIF, TIFF and GIF: Pillow reads the header only, no pixels."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["AVIF", "TIFF", "GIF"]) as image:
            packet = image.info.get("xmp") or getattr(image, "tag_v2", {}).get(700)
            raw = image.info.get("exif") or (image.getexif().tobytes() if image.format == "TIFF" else b"")
            comment = image.info.get("comment")
            old = getattr(image, "tag_v2", {}).get(iim.TIFF_TAG)
    except Exception:
        # No image, or none whose header can be read: decoding says so, there is nothing to add.
        return
    if isinstance(packet, bytes | str):
        yield Block("xmp", "XMP", packet.encode() if isinstance(packet, str) else packet)
    if isinstance(raw, bytes) and raw:
        yield Block("exif", "EXIF", raw.removeprefix(containers.JPEG_EXIF))
    if isinstance(old, bytes) and old:
        yield Block("iim", "IPTC", old)
    if isinstance(comment, bytes) and comment:
        yield Block("text", "comment", comment)


def _of_xmp(block: Block) -> list[Mark]:
    grouped: dict[str, dict[str, str]] = {}
    tc260: list[Mark] = []
    for name, value in xmp.parse(block.data).items():
        prefix, _, local = name.partition(":")
        if prefix == "TC260" and local == "AIGC":
            found = generators.of_tc260(value)
            tc260 += [_mark(standard, "XMP", fields) for standard, fields in found] or [_unreadable("XMP TC260:AIGC")]
        else:
            grouped.setdefault(_STANDARDS[prefix], {})[local] = value
    return [_mark(standard, "XMP", fields) for standard, fields in grouped.items()] + tc260


def _of_exif(block: Block) -> list[Mark]:
    fields = exif.fields(block.data)
    marks = [_mark(program, "EXIF", found) for program, found in generators.of_exif(fields)]
    # What a generator's reader has taken apart need not be shown twice as a wall of text.
    plain = {name: value for name, value in fields.items() if not (marks and len(value) > 200)}
    return ([_mark("exif", "EXIF", plain)] if plain else []) + marks


def _of_texts(texts: dict[str, str]) -> list[Mark]:
    recognised = [_mark(program, "text", fields) for program, fields in generators.of_texts(texts)]
    if recognised:
        return recognised
    return [_mark("text", "text", texts)] if texts else []


def _mark(standard: str, place: str, fields: dict[str, str]) -> Mark:
    kept = list(fields.items())[:MOST_FIELDS]
    bounded = {xmp.writable(key)[:100]: xmp.writable(value)[:LONGEST_FIELD] for key, value in kept}
    return Mark(standard=standard, place=place, fields=bounded)


def _unreadable(place: str) -> Mark:
    return Mark(standard="unreadable", place=xmp.writable(place)[:100], fields={})
