"""The few EXIF fields that say who or what made a picture (Exif 3.0 §4.6)."""

from typing import Any

NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x8298: "Copyright",
    0x9003: "DateTimeOriginal",
    0x927C: "MakerNote",
    0x9286: "UserComment",
    0xA433: "LensMake",
    0xA434: "LensModel",
}
SUB_IFD = 0x8769
# Text that is not marked as such is nobody's statement.
_CHARSETS = {b"ASCII\0\0\0": "ascii", b"JIS\0\0\0\0\0": "iso2022_jp", b"\0" * 8: "utf-8"}


def fields(data: bytes) -> dict[str, str]:
    """Named fields of an EXIF block (TIFF header first). Raises whatever Pillow does on bad content."""
    from PIL import Image

    exif = Image.Exif()
    exif.load(data)
    found: dict[str, str] = {}
    for directory in (dict(exif), dict(exif.get_ifd(SUB_IFD))):
        for tag, value in directory.items():
            name = NAMES.get(tag)
            text = _user_comment(value) if name == "UserComment" else _text(value)
            if name and text and name not in found:
                found[name] = text
    return found


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        # A maker's own binary notes are of no use here; Fooocus writes plain ASCII there.
        return value.decode("ascii", "ignore").strip("\0 ") if value.isascii() else ""
    return str(value).strip("\0 ")


def _user_comment(value: Any) -> str:
    """Exif 3.0 §4.6.6: eight bytes of character code, then the text; A1111 writes UTF-16."""
    if not isinstance(value, bytes):
        return _text(value)
    code, body = value[:8], value[8:]
    if code == b"UNICODE\0":
        even = body[: len(body) & ~1]
        # The byte order is nowhere recorded: in Latin text every second byte is zero.
        little = even[1::2].count(0) > even[0::2].count(0)
        return even.decode("utf-16-le" if little else "utf-16-be", "replace").strip("\0 ")
    if code in _CHARSETS:
        return body.decode(_CHARSETS[code], "replace").strip("\0 ")
    return value.decode("utf-8", "replace").strip("\0 ")
