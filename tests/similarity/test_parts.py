"""Files made of very many small parts are refused before any reader walks through them."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from similarity.errors import SimilarityError
from similarity.parts import MOST, MOST_BLOCKS_OF_GIF, MOST_BOXES, has_too_many
from similarity.pictures import decode


def file(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 32), (3, 99, 4)).save(out, kind)
    return out.getvalue()


def png(count: int) -> bytes:
    data, text = file("PNG"), b"tEXtk\0v"
    return data[:33] + (struct.pack(">I", 3) + text + struct.pack(">I", zlib.crc32(text))) * count + data[33:]


def jpeg(count: int) -> bytes:
    data = file("JPEG")
    return data[:2] + b"\xff\xe1\0\x08Exif\0\0" * count + data[2:]


def webp(count: int) -> bytes:
    body = file("WEBP")[12:] + b"ABCD\0\0\0\0" * count
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def avif(count: int) -> bytes:
    return file("AVIF") + b"\0\0\0\x08free" * count


def nested_avif(count: int) -> bytes:
    boxes = b"\0\0\0\x08free" * count
    for _depth in range(30):
        boxes = struct.pack(">I", 8 + len(boxes)) + b"moov" + boxes
    return file("AVIF") + boxes


def gif(count: int) -> bytes:
    return file("GIF")[:-1] + b"\x21\xfe\x01a\0" * count + b";"


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (png, MOST),
        (jpeg, MOST),
        (webp, MOST),
        (avif, MOST_BOXES),
        (nested_avif, MOST_BOXES),
        (gif, MOST_BLOCKS_OF_GIF // 2),
    ],
)
def test_a_file_of_too_many_parts_is_refused_at_once(make: Callable[[int], bytes], most: int) -> None:
    assert not has_too_many(make(most // 2))

    with pytest.raises(SimilarityError) as caught:
        decode(make(most + 1))

    assert caught.value.code == "too_many_parts"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_an_ordinary_picture_has_few_parts(kind: str) -> None:
    assert not has_too_many(file(kind))


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"....ftypavif", b"\0\0\0\0ftypavif"]
)
def test_a_cut_off_file_is_walked_to_its_end(data: bytes) -> None:
    assert not has_too_many(data)
