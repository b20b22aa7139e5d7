"""Reading pictures that strangers sent: any common format in, an upright 8-bit sRGB image out.

Everything that can be wrong with a file ends in a ``SimilarityError`` with a stable code:
``file_empty``, ``file_too_large``, ``file_unreadable``, ``not_an_image``, ``unsupported_format``,
``too_many_parts``, ``too_many_pixels`` and ``truncated_image``.
"""

import contextlib
import hashlib
import io
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from similarity.errors import SimilarityError
from similarity.parts import has_too_many

# Pillow's names of what is read, and what the file is called on the web.
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with further pictures behind it, as some cameras write
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "BMP": "image/bmp",
}
READERS = [name for name in MEDIA_TYPES if name != "MPO"]  # the JPEG reader finds those

# First bytes (at an offset) of the formats above: with them, a file that cannot be read is damaged.
_OURS = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG"),
    (8, b"WEBP"),
    (4, b"ftypavif"),
    (4, b"ftypavis"),
    (0, b"II*\x00"),
    (0, b"MM\x00*"),
    (0, b"II+\x00"),
    (0, b"MM\x00+"),
    (0, b"GIF8"),
    (0, b"BM"),
)
# Pictures, but not of a kind that is read here.
_OTHERS = (
    (4, b"ftyphei"),
    (4, b"ftyphev"),
    (4, b"ftypmif1"),
    (0, b"\x00\x00\x00\x0cjP  "),
    (0, b"\x00\x00\x00\x0cJXL "),
    (0, b"\xff\x0a"),
    (0, b"8BPS"),
    (0, b"\x00\x00\x01\x00"),
    (0, b"v/1\x01"),
    (0, b"qoif"),
)
# A picture above this many pixels takes up to 20 bytes of memory for each while it is decoded, though its file may
# have only some kilobytes: in one process such pictures take turns.
LARGE_PIXELS = 8_000_000
_turn = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """A decoded picture. ``width`` and ``height`` are pixels of ``rgb``, after turning it upright."""

    rgb: Image.Image
    sha256: str
    media_type: str
    width: int
    height: int
    notes: tuple[str, ...] = ()


def decode(data: bytes) -> Picture:
    """Decode *data*, refusing what is too big before its pixels are touched.

    Animated files give their first frame; EXIF orientation is applied; transparency lies on white.
    Raises ``SimilarityError`` (permanent) and nothing else, whatever the bytes are.
    """
    if not data:
        raise SimilarityError("file_empty", _("The file is empty. Choose a picture and try again."))
    if len(data) > settings.MAX_UPLOAD_BYTES:
        raise too_large()
    if has_too_many(data):
        raise SimilarityError(
            "too_many_parts", _("The file is made of more parts than a picture needs. Save it again and send that.")
        )
    with warnings.catch_warnings():
        # Pillow warns about oddities (broken EXIF, unusual palettes) that do not stop it from reading.
        warnings.simplefilter("ignore")
        image = _open(data)
        large = image.width * image.height > LARGE_PIXELS
        with image, _turn if large else contextlib.nullcontext():
            return _read(image, hashlib.sha256(data).hexdigest())


def decode_file(path: Path) -> Picture:
    """Decode the file at *path*. Raises ``SimilarityError``."""
    return decode(read_file(path))


def read_file(path: Path) -> bytes:
    """The bytes at *path*, refused unread when they are too many. Raises ``SimilarityError``."""
    try:
        if path.stat().st_size > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        with path.open("rb") as f:  # a device has no size, and perhaps no end
            data = f.read(settings.MAX_UPLOAD_BYTES + 1)
        if len(data) > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        return data
    except OSError as error:
        message = _("The file cannot be read: %(why)s.") % {"why": error.strerror or error}
        raise SimilarityError("file_unreadable", message) from error
    except ValueError as error:  # a NUL inside the name
        raise SimilarityError("file_unreadable", _("The file's name is not valid.")) from error


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=READERS)
        width, height = image.size
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise _unknown(data) from error
    except Exception as error:
        # Pillow's readers raise almost anything on hostile headers; to the sender it is all one.
        raise _damaged() from error
    if width * height > settings.MAX_IMAGE_PIXELS:
        image.close()
        raise _too_many_pixels(width, height)
    if width < 1 or height < 1:
        image.close()
        raise _damaged()
    return image


def _read(image: Image.Image, sha256: str) -> Picture:
    from similarity.pixels import to_rgb  # brings numpy, which a process that only answers pages does without

    media_type = MEDIA_TYPES[image.format or ""]
    notes = []
    try:
        # Formats whose other "frames" are a thumbnail or another view are not animations.
        if image.format in ("GIF", "WEBP", "PNG", "AVIF") and getattr(image, "is_animated", False):
            notes.append("animated: first frame used")
            image.seek(0)
        image.load()
        upright = _upright(image, notes)
        rgb = to_rgb(upright, notes)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise _damaged() from error
    return Picture(
        rgb=rgb, sha256=sha256, media_type=media_type, width=rgb.width, height=rgb.height, notes=tuple(notes)
    )


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        notes.append("orientation unreadable: left as stored")
        return image


def _starts(data: bytes, marks: tuple[tuple[int, bytes], ...]) -> bool:
    return any(data[offset : offset + len(mark)] == mark for offset, mark in marks)


def _unknown(data: bytes) -> SimilarityError:
    """Why no reader took the file: damaged, of another kind, or no picture at all."""
    if _starts(data, _OURS):
        return _damaged()
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_svg = head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in data[:4000].lower()
    if is_svg or _starts(data, _OTHERS):
        return SimilarityError(
            "unsupported_format",
            _("This kind of picture is not read here. Save it as JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP."),
        )
    return SimilarityError(
        "not_an_image", _("This file is not a picture. Send a JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP file.")
    )


def _damaged() -> SimilarityError:
    return SimilarityError(
        "truncated_image", _("The picture is damaged or cut off and cannot be read. Save or download it again.")
    )


def too_large() -> SimilarityError:
    """The refusal of a file above ``settings.MAX_UPLOAD_BYTES``."""
    limit = settings.MAX_UPLOAD_BYTES / (1024 * 1024)
    return SimilarityError(
        "file_too_large",
        _("The file is larger than %(limit)s MB. Send a smaller one.") % {"limit": f"{limit:g}"},
    )


def _too_many_pixels(width: int = 0, height: int = 0) -> SimilarityError:
    limit = f"{settings.MAX_IMAGE_PIXELS / 1e6:g}"
    if width:
        message = _("The picture has %(width)s × %(height)s pixels; at most %(limit)s million are read.") % {
            "width": width,
            "height": height,
            "limit": limit,
        }
    else:
        message = _("The picture has too many pixels; at most %(limit)s million are read.") % {"limit": limit}
    return SimilarityError("too_many_pixels", message + " " + _("Make it smaller and try again."))
