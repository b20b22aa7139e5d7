"""Where PNG, JPEG and WebP files keep metadata: walked to read it, and to put one XMP packet in. Pure.

PNG third edition §11.3.3 (tEXt, zTXt, iTXt, eXIf), JPEG APP1 (XMP part 3, Exif 3.0 §4.7),
WebP container (RFC 9649).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from provenance.marking import iim

PNG = b"\x89PNG\r\n\x1a\n"
PNG_XMP = b"XML:com.adobe.xmp"
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_EXIF = b"Exif\0\0"
# An APP1 segment's length field counts itself and is 16 bits wide.
JPEG_ROOM = 65_535 - 2 - len(JPEG_XMP)
LARGEST_TEXT = 4_000_000
WEBP_XMP_FLAG, WEBP_ALPHA_FLAG = 0x04, 0x10


@dataclass(frozen=True)
class Block:
    """One piece of metadata. ``kind`` is ``xmp``, ``exif``, ``iim``, ``text`` or ``broken``; ``name`` a keyword."""

    kind: str
    name: str
    data: bytes


def blocks(data: bytes) -> Iterator[Block]:
    """Every metadata block of a PNG, JPEG or WebP. Stops where the structure ends, never raises."""
    if data.startswith(PNG):
        for kind, start, end in png_chunks(data):
            yield from _png_block(kind, data[start + 8 : end - 4])
    elif data.startswith(b"\xff\xd8"):
        for marker, start, end in jpeg_segments(data):
            body = data[start + 4 : end]
            if marker == 0xE1 and body.startswith(JPEG_XMP):
                yield Block("xmp", "APP1", body[len(JPEG_XMP) :])
            elif marker == 0xE1 and body.startswith(JPEG_EXIF):
                yield Block("exif", "APP1", body[len(JPEG_EXIF) :])
            elif marker == 0xED and body.startswith(iim.PHOTOSHOP):
                found = iim.of_photoshop(body[len(iim.PHOTOSHOP) :])
                if found:
                    yield Block("iim", "APP13", found)
            elif marker == 0xFE:
                yield Block("text", "comment", body)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        for name, start, end in webp_chunks(data):
            body = data[start + 8 : end]
            if name == b"XMP ":
                yield Block("xmp", "XMP", body)
            elif name == b"EXIF":
                yield Block("exif", "EXIF", body.removeprefix(JPEG_EXIF))


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """``(type, start, end)`` of each chunk, its length and CRC fields included."""
    at = len(PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield data[at + 4 : at + 8], at, end
        at = end


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """``(marker, start, end)`` of each segment before the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in (0xD8, 0x01) or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in (0xDA, 0xD9) or end > len(data) or end < at + 4:
            return
        yield marker, at, end
        at = end


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """``(fourcc, start, end)`` of each chunk; *end* leaves out the padding byte."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > len(data):
            return
        yield data[at : at + 4], at, at + 8 + size
        at += 8 + size + (size & 1)


def put_xmp_in_png(data: bytes, packet: bytes) -> bytes:
    """Replace the XMP of a PNG, or add it right after IHDR."""
    old = [(a, b) for kind, a, b in png_chunks(data) if kind == b"iTXt" and data[a + 8 : b].startswith(PNG_XMP + b"\0")]
    body = b"iTXt" + PNG_XMP + b"\0\0\0\0\0" + packet
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header = next((b for kind, _, b in png_chunks(data) if kind == b"IHDR"), 0)
    if header != 33:
        raise ValueError("a PNG must begin with IHDR")
    return data[:header] + chunk + _without(data, old)[header:]


def put_xmp_in_jpeg(data: bytes, packet: bytes) -> bytes:
    """Replace the XMP of a JPEG, or add it after JFIF and Exif."""
    segments = list(jpeg_segments(data))
    if not segments or len(packet) > JPEG_ROOM:
        raise ValueError("no room for an XMP segment")
    old = [(a, b) for marker, a, b in segments if marker == 0xE1 and data[a + 4 : b].startswith(JPEG_XMP)]
    at = 2
    for marker, start, end in segments:
        if marker == 0xE0 or (marker == 0xE1 and data[start + 4 : end].startswith(JPEG_EXIF)):
            at = end
        elif (start, end) not in old:
            break
    at -= sum(b - a for a, b in old if b <= at)
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(JPEG_XMP) + len(packet)) + JPEG_XMP + packet
    rest = _without(data, old)
    return rest[:at] + segment + rest[at:]


def put_xmp_in_webp(data: bytes, packet: bytes) -> bytes:
    """Replace the XMP of a WebP, or add it last, with the extended header that announces it."""
    chunks = [(name, data[a + 8 : b]) for name, a, b in webp_chunks(data)]
    if not chunks:
        raise ValueError("a WebP without chunks")
    kept = [(name, body) for name, body in chunks if name != b"XMP "]
    if kept[0][0] == b"VP8X":
        body = kept[0][1]
        kept[0] = (b"VP8X", bytes([body[0] | WEBP_XMP_FLAG]) + body[1:])
    else:
        kept.insert(0, (b"VP8X", _webp_header(*kept[0])))
    kept.append((b"XMP ", packet))
    payload = b"".join(
        name + struct.pack("<I", len(body)) + body + (b"\0" if len(body) & 1 else b"") for name, body in kept
    )
    return b"RIFF" + struct.pack("<I", 4 + len(payload)) + b"WEBP" + payload


def _webp_header(name: bytes, body: bytes) -> bytes:
    """VP8X for a simple file: flags, and the canvas size less one in 24 bits each."""
    flags = WEBP_XMP_FLAG
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width = int.from_bytes(body[6:8], "little") & 0x3FFF
        height = int.from_bytes(body[8:10], "little") & 0x3FFF
    elif name == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags |= WEBP_ALPHA_FLAG if bits >> 28 & 1 else 0
    else:
        raise ValueError("a WebP without an image")
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _without(data: bytes, ranges: list[tuple[int, int]]) -> bytes:
    for start, end in reversed(ranges):
        data = data[:start] + data[end:]
    return data


def _png_block(kind: bytes, body: bytes) -> Iterator[Block]:
    if kind == b"eXIf":
        yield Block("exif", "eXIf", body.removeprefix(JPEG_EXIF))
        return
    if kind not in (b"tEXt", b"zTXt", b"iTXt"):
        return
    keyword, _, rest = body.partition(b"\0")
    name = keyword[:79].decode("latin-1")
    try:
        if kind == b"tEXt":
            text = rest.decode("latin-1").encode()
        elif kind == b"zTXt":
            text = _inflate(rest[1:]).decode("latin-1").encode()
        else:
            compressed, rest = rest[:1] == b"\1", rest[2:]
            value = rest.split(b"\0", 2)[2]
            text = _inflate(value) if compressed else value
    except (IndexError, ValueError, zlib.error):
        yield Block("broken", name, b"")
        return
    yield Block("xmp" if keyword == PNG_XMP else "text", name, text)


def _inflate(data: bytes) -> bytes:
    """Inflate, refusing what would grow beyond :data:`LARGEST_TEXT`."""
    inflater = zlib.decompressobj()
    text: bytes = inflater.decompress(data, LARGEST_TEXT)
    if inflater.unconsumed_tail:
        raise ValueError("a text chunk grows too large")
    return text
