"""How many parts a file is made of, counted before anybody looks through them. Pure.

Readers spend time on each chunk, box or block, however small, and the C2PA library on AVIF's boxes in the
square of their number: a few megabytes of empty boxes would keep a core busy for half an hour.
"""

from collections.abc import Callable, Iterator

# Of 50 MB, an encoder that writes chunks of 4 kB makes 12,000; an AVIF has a few dozen boxes.
MOST, MOST_BOXES, MOST_BLOCKS_OF_GIF = 20_000, 2_000, 400_000
# ISO base media boxes with boxes inside that readers look into, and how many bytes of their own come before those.
_PLAIN = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"edts", b"udta", b"dinf", b"mvex")
_HOLD_BOXES = {b"meta": 4, b"iprp": 0, b"ipco": 0, **dict.fromkeys(_PLAIN, 0)}


def has_too_many(data: bytes) -> bool:
    """Whether *data*, a file of any kind, has more parts than a picture needs."""
    for begins, at, parts, most in _KINDS:
        if data[at : at + len(begins)] == begins:
            return sum(1 for _part, _over in zip(parts(data), range(most + 1), strict=False)) > most
    return False


def _png(data: bytes) -> Iterator[int]:
    at = 8
    while at + 12 <= len(data):
        yield at
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _jpeg(data: bytes) -> Iterator[int]:
    """Segments before the first scan, fill bytes included."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        yield at
        alone = data[at + 1] in (0xFF, 0x01, 0xD8) or 0xD0 <= data[at + 1] <= 0xD7
        at += 1 if data[at + 1] == 0xFF else 2 if alone else 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _riff(data: bytes) -> Iterator[int]:
    at = 12
    while at + 8 <= len(data):
        yield at
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + (size & 1)


def _boxes(data: bytes) -> Iterator[int]:
    inside = [(0, len(data))]
    while inside:
        at, end = inside.pop()
        while at + 8 <= end:
            yield at
            size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
            if size == 1:
                size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
            size = end - at if size == 0 else size
            if size < head:
                break
            if kind in _HOLD_BOXES:
                inside.append((at + head + _HOLD_BOXES[kind], min(at + size, end)))
            at += size


def _gif(data: bytes) -> Iterator[int]:
    """Extensions and pictures, and each block of up to 255 bytes inside them."""
    at = 13 + _colours(data, 10)
    while at < len(data) and data[at] in (0x21, 0x2C):
        yield at
        at += 2 if data[at] == 0x21 else 11 + _colours(data, at + 9)
        while at < len(data) and data[at]:
            yield at
            at += 1 + data[at]
        at += 1


def _colours(data: bytes, flags: int) -> int:
    """Bytes of the colour table that the flags at that place announce."""
    return 3 << ((data[flags] & 7) + 1) if flags < len(data) and data[flags] & 0x80 else 0


_KINDS: tuple[tuple[bytes, int, Callable[[bytes], Iterator[int]], int], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, _png, MOST),
    (b"\xff\xd8\xff", 0, _jpeg, MOST),
    (b"WEBP", 8, _riff, MOST),
    (b"ftyp", 4, _boxes, MOST_BOXES),
    (b"JXL ", 4, _boxes, MOST_BOXES),
    (b"GIF8", 0, _gif, MOST_BLOCKS_OF_GIF),
)
