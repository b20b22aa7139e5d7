"""IPTC-IIM, the older form of the IPTC fields, as photo software still writes it (IIM 4.2). Pure.

It lies in image resource 0x0404 of a "Photoshop 3.0" segment (JPEG APP13), or in TIFF tag 33723.
"""

PHOTOSHOP = b"Photoshop 3.0\0"
TIFF_TAG = 33723
_RESOURCE = 0x0404
# Application record (2); names are those of the same fields in IPTC's photo metadata standard.
_NAMES = {
    5: "Title",
    25: "Keywords",
    40: "Instructions",
    55: "DateCreated",
    65: "OriginatingProgram",
    70: "ProgramVersion",
    80: "Creator",
    90: "City",
    101: "Country",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    120: "Description",
    122: "DescriptionWriter",
}
_UTF8 = b"\x1b%G"
MOST = 500


def of_photoshop(data: bytes) -> bytes:
    """The IIM part of a Photoshop segment (its header taken off); empty when it has none."""
    at = 0
    while data[at : at + 4] == b"8BIM":
        number = int.from_bytes(data[at + 4 : at + 6], "big")
        name = data[at + 6] + 1 if at + 6 < len(data) else 1
        at += 6 + name + (name & 1)
        size = int.from_bytes(data[at : at + 4], "big")
        if number == _RESOURCE:
            return data[at + 4 : at + 4 + size]
        at += 4 + size + (size & 1)
    return b""


def fields(data: bytes) -> dict[str, str]:
    """Known fields of an IIM block, repeated ones joined by "; ". Stops where the structure ends."""
    raw: dict[str, list[bytes]] = {}
    utf8, at = False, 0
    for _count in range(MOST):
        if data[at : at + 1] != b"\x1c" or at + 5 > len(data):
            break
        record, dataset, size = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        if size & 0x8000:  # an extended length: nothing of what is read here is that long
            break
        value = data[at + 5 : at + 5 + size]
        at += 5 + size
        if (record, dataset) == (1, 90):
            utf8 = value.startswith(_UTF8)
        elif record == 2 and dataset in _NAMES and value:
            raw.setdefault(_NAMES[dataset], []).append(value)
    return {name: "; ".join(_text(value, utf8) for value in values) for name, values in raw.items()}


def _text(value: bytes, utf8: bool) -> str:
    """Declared UTF-8, or what is UTF-8 anyway, else Latin-1, which everybody wrote before."""
    try:
        return value.decode("utf-8", "replace" if utf8 else "strict").strip("\0 ")
    except UnicodeDecodeError:
        return value.decode("latin-1").strip("\0 ")
