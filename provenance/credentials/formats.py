"""Which image format a file is in, by its first bytes. Pure."""

_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}
SIGNABLE = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/tiff")


def media_type(data: bytes) -> str:
    """The media type, or ``""`` when it is no image format we read credentials from.

    Names and declared types are never asked: anybody can write them.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "image/tiff"
    if data[4:8] == b"ftyp":
        brands = [data[at : at + 4] for at in range(8, min(len(data), 64), 4)]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "")
    if data.startswith((b"\x00\x00\x00\x0cJXL \r\n\x87\n",)):
        return "image/jxl"
    return ""
