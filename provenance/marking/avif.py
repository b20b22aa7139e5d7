"""One XMP packet in an AVIF, as an item beside the picture, without touching its coded data. Pure.

ISO/IEC 14496-12 (boxes, item location §8.11.3, item information §8.11.6, item reference §8.11.12) and
23008-12 annex A (XMP as an item ``mime`` of ``application/rdf+xml``, tied by ``cdsc``). The packet goes
into a ``mdat`` box of its own at the end; places after the grown ``meta`` box move by what it grew.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

XMP_TYPE = b"application/rdf+xml"


@dataclass(frozen=True)
class _Extent:
    index: int
    offset: int
    length: int


@dataclass(frozen=True)
class _Item:
    number: int
    method: int  # 0: places in the file, 1: in the idat box
    reference: int
    base: int
    extents: tuple[_Extent, ...]


@dataclass(frozen=True)
class _Locations:
    """An ``iloc`` box; ``sizes`` are the widths in bytes of offset, length, base offset and index."""

    version: int
    sizes: tuple[int, int, int, int]
    items: tuple[_Item, ...]


def put_xmp(data: bytes, packet: bytes) -> bytes:
    """Replace or add the packet; a former one is blanked where it stood. ``ValueError`` when that cannot be."""
    top = {kind: (start, end) for kind, start, end in _boxes(data, 0, len(data))}
    if b"ftyp" not in top or b"meta" not in top or max(end for _, end in top.values()) != len(data):
        raise ValueError("not a whole AVIF")
    meta_start, meta_end = top[b"meta"]
    parts = {kind: data[start:end] for kind, start, end in _boxes(data, meta_start + 12, meta_end)}
    if not parts.keys() >= {b"iloc", b"iinf", b"pitm"}:
        raise ValueError("an AVIF without items")
    locations = _read_locations(parts[b"iloc"])
    file = bytearray(data)
    number = _xmp_item(parts[b"iinf"])
    if number is None:
        number = max(item.number for item in locations.items) + 1
        parts[b"iinf"] = _with_information(parts[b"iinf"], number)
        parts[b"iref"] = _with_reference(parts.get(b"iref", b""), number, _primary(parts[b"pitm"]))
    for item in locations.items:
        for extent in item.extents:
            start = item.base + extent.offset
            if item.number == number and item.method == 0 and start + extent.length <= len(file):
                file[start : start + extent.length] = b" " * extent.length
    kept = tuple(item for item in locations.items if item.number != number)
    size = len(_meta(data, meta_start, parts, _write_locations(replace(locations, items=(*kept, _at(number, 0, 0))))))
    growth = size - (meta_end - meta_start)
    moved = tuple(_moved(item, after=meta_end, by=growth) for item in kept)
    place = len(file) + growth + 8
    items = (*moved, _at(number, place, len(packet)))
    parts[b"iloc"] = _write_locations(replace(locations, items=items))
    meta = _meta(data, meta_start, parts, parts[b"iloc"])
    return bytes(file[:meta_start]) + meta + bytes(file[meta_end:]) + _box(b"mdat", packet)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < 8 or start + size > end:
            raise ValueError("a box is cut off, or of a size that is not handled here")
        yield data[start + 4 : start + 8], start, start + size
        start += size


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _meta(data: bytes, start: int, parts: dict[bytes, bytes], locations: bytes) -> bytes:
    body = b"".join(locations if kind == b"iloc" else part for kind, part in parts.items())
    return _box(b"meta", data[start + 8 : start + 12] + body)


def _at(number: int, place: int, length: int) -> _Item:
    return _Item(number, 0, 0, 0, (_Extent(0, place, length),))


def _moved(item: _Item, *, after: int, by: int) -> _Item:
    """*item* with its places behind *after* moved; base offsets are folded into the extents."""
    if item.method != 0:
        return item
    extents = []
    for extent in item.extents:
        place = item.base + extent.offset
        extents.append(replace(extent, offset=place + by if place >= after else place))
    return replace(item, base=0, extents=tuple(extents))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise ValueError("a table is cut off")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def _read_locations(box: bytes) -> _Locations:
    reader = _Reader(box[8:])
    version, _flags = reader.number(1), reader.number(3)
    first, second = reader.number(1), reader.number(1)
    sizes = (first >> 4, first & 15, second >> 4, second & 15 if version else 0)
    if version > 2:
        raise ValueError("an iloc box of an unknown version")
    items = []
    for _item in range(reader.number(4 if version == 2 else 2)):
        number = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        reference, base = reader.number(2), reader.number(sizes[2])
        extents = tuple(
            _Extent(reader.number(sizes[3]), reader.number(sizes[0]), reader.number(sizes[1]))
            for _extent in range(reader.number(2))
        )
        items.append(_Item(number, method, reference, base, extents))
    return _Locations(version, sizes, tuple(items))


def _write_locations(locations: _Locations) -> bytes:
    """The ``iloc`` box, with places and lengths always four bytes wide."""
    _, _, base_size, index_size = locations.sizes
    wide = 4 if locations.version == 2 else 2
    body = bytes([locations.version, 0, 0, 0, 0x44, base_size << 4 | index_size])
    body += len(locations.items).to_bytes(wide, "big")
    for item in locations.items:
        body += item.number.to_bytes(wide, "big")
        body += item.method.to_bytes(2, "big") if locations.version else b""
        body += item.reference.to_bytes(2, "big") + item.base.to_bytes(base_size, "big")
        body += len(item.extents).to_bytes(2, "big")
        for extent in item.extents:
            body += extent.index.to_bytes(index_size, "big")
            body += extent.offset.to_bytes(4, "big") + extent.length.to_bytes(4, "big")
    return _box(b"iloc", body)


def _primary(box: bytes) -> int:
    return int.from_bytes(box[12:], "big")


def _entries(box: bytes) -> int:
    """Where the entries of an ``iinf`` box begin: its count is 2 or 4 bytes wide, by its version."""
    return 14 if box[8] == 0 else 16


def _xmp_item(box: bytes) -> int | None:
    for _kind, start, end in _boxes(box, _entries(box), len(box)):
        entry = box[start:end]
        wide = 2 if entry[8] == 2 else 4
        if entry[14 + wide : 18 + wide] == b"mime" and XMP_TYPE + b"\0" in entry[18 + wide :]:
            return int.from_bytes(entry[12 : 12 + wide], "big")
    return None


def _with_information(box: bytes, number: int) -> bytes:
    at = _entries(box)
    count = int.from_bytes(box[12:at], "big") + 1
    # infe version 2: number, protection 0, type, name, content type.
    entry = _box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + b"mimeXMP\0" + XMP_TYPE + b"\0")
    return _box(b"iinf", box[8:12] + count.to_bytes(at - 12, "big") + box[at:] + entry)


def _with_reference(box: bytes, number: int, primary: int) -> bytes:
    wide = 4 if box and box[8] else 2
    body = number.to_bytes(wide, "big") + b"\0\1" + primary.to_bytes(wide, "big")
    return _box(b"iref", (box[8:] or b"\0\0\0\0") + _box(b"cdsc", body))
