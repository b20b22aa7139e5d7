import contextlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from PIL import Image

from provenance.marking import containers, xmp
from provenance.marking.errors import MarkingError
from provenance.marking.read import packets, read
from provenance.marking.write import Marks, check, embed

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
    ("image/avif", "AVIF", "RGB", {"quality": 80}),
    ("image/avif", "AVIF", "RGBA", {"quality": 100, "exif": Image.Exif().tobytes()}),
    ("image/tiff", "TIFF", "RGB", {}),
    ("image/tiff", "TIFF", "RGBA", {"compression": "tiff_lzw"}),
]
REWRITTEN = [row for row in KINDS if row[0] in ("image/png", "image/jpeg", "image/webp")]


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


@pytest.mark.parametrize(("media_type", "kind", "mode", "options"), REWRITTEN)
def test_writing_twice_leaves_one_packet(media_type: str, kind: str, mode: str, options: dict[str, Any]) -> None:
    once = embed(_picture(kind, mode, **options), media_type=media_type, marks=MARKS)
    assert embed(once, media_type=media_type, marks=MARKS) == once
    assert len([block for block in containers.blocks(once) if block.kind == "xmp"]) == 1


@pytest.mark.parametrize("prompt", ["x" * 10_000, "😀" * 10_000, "&" * 10_000, "\u0001\ud800 odd"])
@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "PNG"),
        ("image/jpeg", "JPEG"),
        ("image/webp", "WEBP"),
        ("image/avif", "AVIF"),
        ("image/tiff", "TIFF"),
    ],
)
def test_long_and_odd_prompts_are_written(media_type: str, kind: str, prompt: str) -> None:
    marks = Marks(system="s", system_version="v", prompt=prompt, negative_prompt=prompt)
    data = embed(_picture(kind, "RGB"), media_type=media_type, marks=marks)
    (packet,) = packets(data)
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
        (b"\0\0\0\x20ftypavif", "image/avif", "malformed_image"),
        (_picture("AVIF", "RGB")[:300], "image/avif", "malformed_image"),
        (b"II*\0", "image/tiff", "malformed_image"),
        (b"II*\0\xff\xff\xff\xff", "image/tiff", "malformed_image"),
        (_picture("TIFF", "RGB")[:60], "image/tiff", "malformed_image"),
        (_picture("PNG", "RGB"), "image/gif", "unsupported_format"),
    ],
)
def test_what_is_no_such_picture_is_refused(image: bytes, media_type: str, code: str) -> None:
    with pytest.raises(MarkingError) as caught:
        embed(image, media_type=media_type, marks=MARKS)
    assert caught.value.code == code


@pytest.mark.parametrize(("media_type", "kind"), [("image/avif", "AVIF"), ("image/tiff", "TIFF")])
def test_a_former_packet_is_gone_and_there_is_one(media_type: str, kind: str) -> None:
    former = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>a private prompt</x:xmpmeta>"
    options: dict[str, Any] = {"xmp": former} if kind == "AVIF" else {"tiffinfo": {700: former}}
    before = _picture(kind, "RGB", **options)
    assert b"a private prompt" in before

    after = embed(embed(before, media_type=media_type, marks=MARKS), media_type=media_type, marks=MARKS)

    assert b"a private prompt" not in after
    assert len(packets(after)) == 1
    check(after, media_type=media_type, marks=MARKS)
    assert _pixels(after) == _pixels(before)


def test_every_field_is_written_under_its_own_name() -> None:
    marks = Marks(
        system="s",
        system_version="v",
        prompt="p",
        prompt_writer="Ada",
        provider="Provider Ltd",
        modified="2026-11-23T00:00:00Z",
        data_mining="DMI-PROHIBITED-SEECONSTRAINT",
        constraint="Ask us",
        aigc='{"Label":"1"}',
    )
    data = embed(_picture("PNG", "RGB"), media_type="image/png", marks=marks)
    found = xmp.parse(packets(data)[0])
    assert found["Iptc4xmpExt:AIPromptWriterName"] == "Ada"
    assert found["dc:publisher"] == "Provider Ltd"
    assert found["xmp:ModifyDate"] == "2026-11-23T00:00:00Z"
    assert found["plus:DataMining"].endswith("/DMI-PROHIBITED-SEECONSTRAINT")
    assert found["plus:OtherConstraints"] == "Ask us"
    assert found["TC260:AIGC"] == '{"Label":"1"}'


def test_a_picture_without_ai_says_nothing_of_ai() -> None:
    data = embed(_picture("PNG", "RGB"), media_type="image/png", marks=Marks(title="x", source_type="humanEdits"))
    assert set(xmp.parse(packets(data)[0])) == {"dc:title", "Iptc4xmpExt:DigitalSourceType", "plus:DataMining"}


@pytest.mark.parametrize(("media_type", "kind", "mode", "options"), KINDS)
def test_a_missing_or_changed_mark_is_noticed(media_type: str, kind: str, mode: str, options: dict[str, Any]) -> None:
    plain = _picture(kind, mode, **options)
    marked = embed(plain, media_type=media_type, marks=MARKS)
    check(marked, media_type=media_type, marks=MARKS)
    changed = marked.replace(b"colophon-mini", b"colophon-maxi")
    for data, said in ((plain, "AISystemUsed"), (changed, "Iptc4xmpExt:AISystemUsed")):
        with pytest.raises(MarkingError) as caught:
            check(data, media_type=media_type, marks=MARKS)
        assert caught.value.code == "marks_not_read_back"
        assert said in caught.value.message


ANY_TEXT = st.text(max_size=200)


@fewer(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_is_written_is_read_back(
    kind: tuple[str, str, str, dict[str, Any]], prompt: str, title: str, writer: str
) -> None:
    media_type, name, mode, options = kind
    marks = Marks(system="s", system_version="v", prompt=prompt, title=title, prompt_writer=writer)
    check(
        embed(_picture(name, mode, **options), media_type=media_type, marks=marks), media_type=media_type, marks=marks
    )


@fewer(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS[8:]), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_damage_breaks_the_writer(kind: tuple[str, str, str, dict[str, Any]], at: int, junk: bytes) -> None:
    media_type, name, mode, options = kind
    data = _picture(name, mode, **options)
    at %= len(data)
    with contextlib.suppress(MarkingError):
        embed(data[:at] + junk + data[at + len(junk) :], media_type=media_type, marks=MARKS)
