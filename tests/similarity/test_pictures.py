"""Whatever bytes come in: a picture, or a sentence with a code."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from PIL import Image, ImageCms
from pytest_django.fixtures import Settings

from similarity.errors import SimilarityError
from similarity.pictures import MEDIA_TYPES, Picture, decode, decode_file, read_file
from tests.similarity.conftest import encoded, painting, rgb_at


def reds(picture: Picture) -> list[int]:
    return [int(red) for red in np.asarray(picture.rgb)[..., 0].ravel()]


def code_of(data: bytes) -> str:
    with pytest.raises(SimilarityError) as caught:
        decode(data)
    assert caught.value.permanent
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
        ("TIFF", {}),
        ("GIF", {}),
        ("BMP", {}),
    ],
)
def test_every_common_format_is_read(kind: str, options: dict[str, object]) -> None:
    data = encoded(painting(1), kind, **options)

    picture = decode(data)

    assert (picture.media_type, picture.width, picture.height) == (MEDIA_TYPES[kind], 96, 80)
    assert picture.rgb.mode == "RGB"
    assert np.abs(np.asarray(picture.rgb, int) - np.asarray(painting(1), int)).mean() < 8
    assert len(picture.sha256) == 64


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"hello, this is text", "not_an_image"),
        (b"%PDF-1.7 not a picture", "not_an_image"),
        (b"<!doctype html><html><body><svg></svg></body></html>", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "unsupported_format"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "unsupported_format"),
        (b"8BPS\x00\x01", "unsupported_format"),
        (b"\x89PNG\r\n\x1a\n", "truncated_image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "truncated_image"),
        (b"\x00" * 4096, "not_an_image"),
    ],
)
def test_other_bytes_are_refused_with_a_code(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP"])
def test_a_file_cut_off_half_way_is_told_as_such(kind: str) -> None:
    data = encoded(painting(2, size=(300, 300)), kind)

    assert code_of(data[: len(data) // 2]) == "truncated_image"


def test_size_limits_hold_before_anything_is_decoded(settings: Settings, tmp_path: Path) -> None:
    data = encoded(painting(3))
    settings.MAX_UPLOAD_BYTES = len(data) - 1
    assert code_of(data) == "file_too_large"
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(SimilarityError) as caught:
        read_file(tmp_path / "a.png")
    assert caught.value.code == "file_too_large"

    settings.MAX_UPLOAD_BYTES = len(data)
    settings.MAX_IMAGE_PIXELS = 96 * 80 - 1
    assert code_of(data) == "too_many_pixels"


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    """9,000² is above our limit only, 12,000² where Pillow warns, 60,000² where it raises."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))

    assert code_of(bomb) == "too_many_pixels"


def test_exif_rotation_is_applied() -> None:
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste((255, 0, 0), (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: to be turned clockwise

    turned = decode(encoded(picture, "JPEG", exif=exif, quality=95))

    assert (turned.width, turned.height) == (20, 40)
    assert rgb_at(turned.rgb, 10, 2)[1] < 60
    assert rgb_at(turned.rgb, 10, 37)[1] > 200


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0] + [0] * 762)
    grey = Image.new("LA", (8, 8), (0, 0))

    assert rgb_at(decode(encoded(clear)).rgb, 4, 4) == (255, 255, 255)
    assert rgb_at(decode(encoded(clear, "WEBP", lossless=True)).rgb, 4, 4) == (255, 255, 255)
    assert rgb_at(decode(encoded(palette, transparency=1)).rgb, 4, 4) == (255, 255, 255)
    assert rgb_at(decode(encoded(palette)).rgb, 4, 4) == (255, 0, 0)
    assert rgb_at(decode(encoded(grey)).rgb, 4, 4) == (255, 255, 255)


def test_sixteen_bits_and_floats_are_scaled_not_cut() -> None:
    deep = Image.fromarray(np.array([[0, 32768, 65535]], np.uint16))
    unit = Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))
    wide = Image.fromarray(np.array([[-10.0, 0.0, float("nan"), 10.0]], np.float32))

    assert reds(decode(encoded(deep))) == [0, 128, 255]
    assert reds(decode(encoded(deep, "TIFF"))) == [0, 128, 255]
    assert reds(decode(encoded(unit, "TIFF"))) == [0, 128, 255]
    stretched = decode(encoded(wide, "TIFF"))
    assert reds(stretched) == [0, 128, 128, 255]
    assert stretched.notes == ("numbers of unknown range: stretched to black and white",)


def test_cmyk_becomes_rgb_with_or_without_a_usable_profile() -> None:
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red
    broken = encoded(cmyk, "JPEG", icc_profile=b"not a profile", quality=95)
    # A profile of another colour space than the pixels cannot be used either.
    wrong = encoded(cmyk, "TIFF", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())

    for data in (encoded(cmyk, "JPEG", quality=95), broken, wrong):
        red, green, blue = rgb_at(decode(data).rgb, 8, 8)
        assert (red > 200, green < 60, blue < 60) == (True, True, True)
    assert decode(broken).notes == ("colour profile unreadable: plain conversion used",)


def test_lab_and_one_bit_are_read() -> None:
    lab = Image.new("LAB", (4, 4), (255, 128, 128))
    assert min(rgb_at(decode(encoded(lab, "TIFF")).rgb, 1, 1)) > 240
    assert rgb_at(decode(encoded(Image.new("1", (4, 4), 1))).rgb, 1, 1) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "lime")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)

    picture = decode(data)

    assert picture.notes == ("animated: first frame used",)
    red, green, blue = rgb_at(picture.rgb, 10, 10)
    assert (red > 200, green < 50, blue < 50) == (True, True, True)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (3, 7)])
def test_unusual_shapes_survive(size: tuple[int, int]) -> None:
    picture = decode(encoded(Image.new("RGB", size, "teal")))
    assert (picture.width, picture.height) == size


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.png", tmp_path, Path("bad\0name.png")):
        with pytest.raises(SimilarityError) as caught:
            decode_file(path)
        assert caught.value.code == "file_unreadable"


_TURNED = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
SAMPLES = [
    encoded(painting(5), kind, **options)
    for kind, options in (
        (
            "JPEG",
            {"exif": _TURNED},
        ),
        ("PNG", {}),
        ("WEBP", {}),
        ("AVIF", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {}),
    )
]


@budget(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sample=st.sampled_from(SAMPLES),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    kept=st.floats(0, 1),
    is_cut=st.booleans(),
)
def test_damaged_files_give_a_picture_or_a_sentence_and_nothing_else(
    sample: bytes, flips: list[tuple[float, int]], kept: float, is_cut: bool
) -> None:
    data = bytearray(sample)
    for where, value in flips:
        # Half of the damage goes to the header, where it does most.
        place = int(where * len(data)) if value % 2 else int(where * min(200, len(data)))
        data[place] = value
    if is_cut:
        del data[int(kept * len(data)) :]

    try:
        result = decode(bytes(data))
    except SimilarityError:
        pass
    else:
        assert isinstance(result, Picture)
        assert result.rgb.mode == "RGB"
        assert result.rgb.size == (result.width, result.height)


@budget(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    assert code_of(data) in {"file_empty", "not_an_image", "unsupported_format", "truncated_image"}


def test_decoding_twice_gives_the_same_pixels() -> None:
    data = encoded(painting(8), "JPEG")
    first, second = decode(data), decode(data)
    assert first.rgb.tobytes() == second.rgb.tobytes()
    assert io.BytesIO(data).getvalue() == data
