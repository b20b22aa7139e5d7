import io
from typing import Any

import pytest
from PIL import Image

from provenance.marking import containers, xmp
from provenance.marking.errors import MarkingError
from provenance.marking.read import read
from provenance.marking.write import Marks, embed

MARKS = Marks(
    system="colophon-mini",
    system_version="r1",
    prompt="a fox & <a hen>, «élan» 😀",
    negative_prompt="blur",
    title="Dusk",
    tool="Colophon 0.1.0",
    created="2026-11-22T20:00:00Z",
    identifier="0001",
)
KINDS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("image/png", "PNG", "RGB", {}),
    ("image/png", "PNG", "RGBA", {}),
    ("image/jpeg", "JPEG", "RGB", {"exif": Image.Exif().tobytes()}),
    ("image/jpeg", "JPEG", "L", {}),
    ("image/webp", "WEBP", "RGB", {}),
    ("image/webp", "WEBP", "RGB", {"lossless": True}),
    ("image/webp", "WEBP", "RGBA", {"lossless": True}),
    ("image/webp", "WEBP", "RGBA", {}),
]


def _picture(kind: str, mode: str, **options: Any) -> bytes:
    image = Image.new("RGBA", (33, 21))
    image.putdata([(x * 7 % 256, y * 11 % 256, x * y % 256, 255 - x) for y in range(21) for x in range(33)])
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def _pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.mode, image.size, image.tobytes()


@pytest.mark.parametrize(("media_type", "kind", "mode", "options"), KINDS)
def test_the_marks_are_there_and_every_pixel_is_as_before(
    media_type: str, kind: str, mode: str, options: dict[str, Any]
) -> None:
    before = _picture(kind, mode, **options)
    after = embed(before, media_type=media_type, marks=MARKS)
    assert _pixels(after) == _pixels(before)
    found = {mark.standard: mark.fields for mark in read(after) if mark.place == "XMP"}
    assert found["iptc"] == {
        "DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        "AISystemUsed": "colophon-mini",
        "AISystemVersionUsed": "r1",
        "AIPromptInformation": "a fox & <a hen>, «élan» 😀\nNegative prompt: blur",
    }
    assert found["plus"] == {"DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"}
    assert found["xmp"] == {
        "title": "Dusk",
        "identifier": "0001",
        "CreatorTool": "Colophon 0.1.0",
        "CreateDate": "2026-11-22T20:00:00Z",
    }


@pytest.mark.parametrize(("media_type", "kind", "mode", "options"), KINDS)
def test_writing_twice_leaves_one_packet(media_type: str, kind: str, mode: str, options: dict[str, Any]) -> None:
    once = embed(_picture(kind, mode, **options), media_type=media_type, marks=MARKS)
    assert embed(once, media_type=media_type, marks=MARKS) == once
    assert len([block for block in containers.blocks(once) if block.kind == "xmp"]) == 1


@pytest.mark.parametrize("prompt", ["x" * 10_000, "😀" * 10_000, "&" * 10_000, "\u0001\ud800 odd"])
@pytest.mark.parametrize(("media_type", "kind"), [("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/webp", "WEBP")])
def test_long_and_odd_prompts_are_written(media_type: str, kind: str, prompt: str) -> None:
    marks = Marks(system="s", system_version="v", prompt=prompt, negative_prompt=prompt)
    data = embed(_picture(kind, "RGB"), media_type=media_type, marks=marks)
    (packet,) = [block.data for block in containers.blocks(data) if block.kind == "xmp"]
    said = xmp.parse(packet)["Iptc4xmpExt:AIPromptInformation"]
    whole = f"{prompt}\nNegative prompt: {prompt}"
    if media_type == "image/jpeg" and len(said) < len(xmp.writable(whole).strip()):
        assert said.endswith("…")
        assert len(packet) > 30_000
    else:
        assert said == xmp.writable(whole).strip()


@pytest.mark.parametrize(
    ("image", "media_type", "code"),
    [
        (b"", "image/png", "malformed_image"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "malformed_image"),
        (b"\xff\xd8\xff\xd9", "image/jpeg", "malformed_image"),
        (b"RIFF\x04\0\0\0WEBP", "image/webp", "malformed_image"),
        (b"RIFF\x0c\0\0\0WEBPVP8 \x02\0\0\0ab", "image/webp", "malformed_image"),
        (_picture("PNG", "RGB"), "image/jpeg", "malformed_image"),
        (_picture("PNG", "RGB"), "image/gif", "unsupported_format"),
    ],
)
def test_what_is_no_such_picture_is_refused(image: bytes, media_type: str, code: str) -> None:
    with pytest.raises(MarkingError) as caught:
        embed(image, media_type=media_type, marks=MARKS)
    assert caught.value.code == code
