import io
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from provenance.marking import containers, xmp
from provenance.marking.read import MOST_BLOCKS, Mark, read


def _png(*, compress: bool = False, **texts: str) -> bytes:
    info, out = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, value in texts.items():
        info.add_text(key, value, zip=compress)
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def _with_exif(kind: str, fields: dict[int, Any]) -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    for tag, value in fields.items():
        if tag == 0x9286:
            exif.get_ifd(0x8769)[tag] = value
        else:
            exif[tag] = value
    Image.new("RGB", (16, 16)).save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def _with_xmp(properties: dict[str, str]) -> bytes:
    return containers.put_xmp_in_png(_png(), xmp.build(properties))


def _one(data: bytes, standard: str) -> Mark:
    (found,) = [mark for mark in read(data) if mark.standard == standard]
    return found


A1111 = (
    "a fox, masterpiece\nsecond line\nNegative prompt: blur, text\n"
    'Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, Size: 512x512, Model hash: abc, Model: "sd, 1.5", '
    "Version: f2.0.1"
)


@pytest.mark.parametrize("compress", [False, True])
def test_automatic1111_and_forge(compress: bool) -> None:
    mark = _one(_png(parameters=A1111, compress=compress), "a1111")
    assert mark.fields == {
        "prompt": "a fox, masterpiece\nsecond line",
        "negative_prompt": "blur, text",
        "steps": "20",
        "sampler": "DPM++ 2M",
        "cfg_scale": "7",
        "seed": "42",
        "size": "512x512",
        "model_hash": "abc",
        "model": "sd, 1.5",
        "version": "f2.0.1",
    }
    assert mark.as_dict()["standing"] == "unsigned"
    assert mark.says_generated


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
def test_automatic1111_in_a_user_comment(kind: str, order: str) -> None:
    data = _with_exif(kind, {0x9286: b"UNICODE\0" + A1111.encode(order)})
    assert _one(data, "a1111").fields["seed"] == "42"


def test_civitai_by_its_resources_and_by_its_json() -> None:
    text = A1111 + ', Civitai resources: "[{}]"'
    assert _one(_png(parameters=text), "civitai").fields["seed"] == "42"
    comment = json.dumps({"resource-stack": {}, "extraMetadata": json.dumps({"prompt": "a hen", "seed": 7})})
    data = _with_exif("JPEG", {0x9286: b"ASCII\0\0\0" + comment.encode()})
    assert _one(data, "civitai").fields == {"prompt": "a hen", "seed": "7"}


def test_comfyui() -> None:
    graph = {
        "3": {"class_type": "KSampler", "inputs": {"seed": 2**64 - 1, "steps": 20, "cfg": 8.0, "model": ["4", 0]}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blur"}},
    }
    expected = {
        "model": "sd15.safetensors",
        "seed": "18446744073709551615",
        "steps": "20",
        "cfg": "8.0",
        "text": "a fox; blur",
        "nodes": "4",
    }
    assert _one(_png(prompt=json.dumps(graph), workflow="{}"), "comfyui").fields == expected
    data = _with_exif("WEBP", {0x010F: "workflow:{}", 0x0110: "prompt:" + json.dumps(graph)})
    assert _one(data, "comfyui").fields == expected
    assert _one(_png(workflow='{"nodes": []}'), "comfyui").fields == {"workflow": "present"}


def test_invokeai() -> None:
    meta = {"positive_prompt": "a fox", "seed": 7, "model": {"name": "sd15"}, "loras": []}
    fields = _one(_png(invokeai_metadata=json.dumps(meta)), "invokeai").fields
    assert fields == {"prompt": "a fox", "seed": "7", "model": '{"name": "sd15"}'}


def test_fooocus() -> None:
    meta = {"prompt": "a fox", "base_model": "juggernaut", "seed": "7", "version": "Fooocus v2.5"}
    data = _png(parameters=json.dumps(meta), fooocus_scheme="fooocus")
    assert _one(data, "fooocus").fields["model"] == "juggernaut"
    assert _one(_png(parameters=A1111, fooocus_scheme="a1111_fooocus"), "fooocus").fields["seed"] == "42"


def test_novelai() -> None:
    comment = json.dumps({"uc": "blur", "seed": 7, "steps": 28, "sampler": "k_euler"})
    data = _png(Software="NovelAI", Description="a fox", Source="Stable Diffusion F1022D28", Comment=comment)
    assert _one(data, "novelai").fields == {
        "prompt": "a fox",
        "model": "Stable Diffusion F1022D28",
        "negative_prompt": "blur",
        "seed": "7",
        "steps": "28",
        "sampler": "k_euler",
    }


LABEL = {"Label": "1", "ContentProducer": "0011", "ProduceID": "a" * 40, "ReserveCode1": "x"}


@pytest.mark.parametrize(
    "text", [json.dumps(LABEL), json.dumps({"AIGC": LABEL}), json.dumps({"AIGC": json.dumps(LABEL)})]
)
def test_tc260_is_read_leniently(text: str) -> None:
    mark = _one(_with_xmp({"TC260:AIGC": text}), "tc260")
    assert mark.fields == LABEL
    assert mark.says_generated
    assert _one(_png(AIGC=text), "tc260").fields == LABEL


@pytest.mark.parametrize("text", ["", "{}", "{", "[1]", "not JSON", "{" * 100_000, '{"Other": "1"}'])
def test_a_broken_tc260_mark_is_said_to_be_broken(text: str) -> None:
    marks = read(_with_xmp({"TC260:AIGC": text}))
    assert [mark.standard for mark in marks] == (["unreadable"] if text else [])


def test_iptc_and_plus() -> None:
    data = _with_xmp(
        {
            "Iptc4xmpExt:DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
            "plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-ALLOWED",
            "photoshop:Credit": "Ada",
        }
    )
    assert _one(data, "iptc").fields["Credit"] == "Ada"
    assert not _one(data, "iptc").says_generated
    assert _one(data, "plus").fields == {"DataMining": "http://ns.useplus.org/ldf/vocab/DMI-ALLOWED"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_camera_and_the_software(kind: str) -> None:
    data = _with_exif(kind, {0x010F: "Canon", 0x0110: "EOS", 0x0131: "darktable"})
    fields = _one(data, "exif").fields
    assert (fields["Make"], fields["Model"], fields["Software"]) == ("Canon", "EOS", "darktable")


def test_text_that_nobody_knows_is_shown_as_text() -> None:
    assert _one(_png(Comment="hello"), "text").fields == {"Comment": "hello"}


def test_a_text_chunk_that_inflates_without_end_is_unreadable() -> None:
    body = b"zTXt" + b"parameters\0\0" + zlib.compress(b"\0" * 50_000_000)
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    plain = _png()
    marks = read(plain[:33] + chunk + plain[33:])
    assert [(mark.standard, mark.place) for mark in marks] == [("unreadable", "parameters")]


def test_many_text_chunks_do_not_fill_the_memory() -> None:
    packed = zlib.compress(b"a" * 3_900_000)
    body = _png()
    chunks = []
    for number in range(400):
        chunk = b"zTXt" + f"k{number}".encode() + b"\0\0" + packed
        chunks.append((len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big"))
    data = body[:33] + b"".join(chunks) + body[33:]

    (mark,) = read(data)

    assert mark.standard == "text"
    assert sorted(mark.fields) == ["k0", "k1", "k2", "k3"]  # of 1.5 GB, what fits into the bound


@pytest.mark.timeout(30)
@pytest.mark.parametrize("run", ["a", " ", 'a:"', "\\", "a, "])
def test_settings_without_an_end_are_read_in_no_time(run: str) -> None:
    assert _one(_png(parameters="x\nSteps: 1, " + run * 500_000), "a1111").fields["steps"] == "1"


def test_hostile_xml_is_unreadable_and_nothing_is_opened() -> None:
    packet = (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>'
    )
    marks = read(containers.put_xmp_in_png(_png(), packet))
    assert [(mark.standard, mark.fields) for mark in marks] == [("unreadable", {})]


def test_everything_shown_is_bounded_and_clean() -> None:
    texts: dict[str, Any] = {f"key{number}": "\u202e\x07" + "x" * 30_000 for number in range(100)}
    data = _png(**texts)
    (mark,) = read(data)
    assert len(mark.fields) == 60
    assert set(mark.fields.values()) == {"x" * 20_000}


@fewer(max_examples=200, deadline=None)
@given(
    st.sampled_from([_with_xmp({"dc:title": "x"}), _png(parameters=A1111), _with_exif("JPEG", {0x0131: "s"})]),
    st.integers(0, 10_000),
    st.binary(min_size=1, max_size=8),
)
def test_no_damage_breaks_the_reader(data: bytes, at: int, junk: bytes) -> None:
    at %= len(data)
    for mark in read(data[:at] + junk + data[at + len(junk) :]):
        json.dumps(mark.as_dict())


@given(st.binary())
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for head in (b"", containers.PNG, b"\xff\xd8\xff\xe1", b"RIFF\0\0\0\0WEBP", b"II*\0"):
        assert all(mark.standard for mark in read(head + data))


def _iim(*entries: tuple[int, int, bytes]) -> bytes:
    return b"".join(
        b"\x1c" + bytes([record, dataset]) + len(value).to_bytes(2, "big") + value for record, dataset, value in entries
    )


def _jpeg_with_iim(block: bytes) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    plain = out.getvalue()
    other = b"8BIM\x03\xed\x00\x00" + (3).to_bytes(4, "big") + b"abc\0"
    resource = other + b"8BIM\x04\x04\x00\x00" + len(block).to_bytes(4, "big") + block
    body = b"Photoshop 3.0\0" + resource
    return plain[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + plain[2:]


def test_the_older_form_of_iptc_fields() -> None:
    block = _iim(
        (2, 80, "Zoë".encode("latin-1")), (2, 25, b"fox"), (2, 25, b"dusk"), (2, 120, b"A fox."), (2, 0, b"\0\2")
    )
    mark = _one(_jpeg_with_iim(block), "iptc")
    assert (mark.place, mark.fields) == (
        "IPTC-IIM",
        {"Creator": "Zoë", "Keywords": "fox; dusk", "Description": "A fox."},
    )
    utf8 = _iim((1, 90, b"\x1b%G"), (2, 105, "暮色".encode()))
    assert _one(_jpeg_with_iim(utf8), "iptc").fields == {"Headline": "暮色"}
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "TIFF", tiffinfo={33723: block})
    assert _one(out.getvalue(), "iptc").fields["Description"] == "A fox."


@fewer(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_iim_block_is_read_or_unreadable(block: bytes) -> None:
    for data in (_jpeg_with_iim(block), _jpeg_with_iim(_iim((2, 5, b"x")) + block)):
        assert {mark.standard for mark in read(data)} <= {"iptc", "unreadable"}


@given(st.binary(max_size=60))
def test_any_photoshop_segment_is_walked(data: bytes) -> None:
    from provenance.marking import iim

    assert isinstance(iim.of_photoshop(b"8BIM" + data), bytes)


def test_a_file_of_very_many_empty_blocks_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    seen: list[bytes] = []
    Image.new("RGB", (16, 16)).save(out, "JPEG")
    data = out.getvalue()

    def fields(block: bytes) -> dict[str, str]:
        seen.append(block)
        return {}

    monkeypatch.setattr("provenance.marking.read.exif.fields", fields)

    assert read(data[:2] + b"\xff\xe1\0\x08Exif\0\0" * 5_000 + data[2:]) == []
    assert len(seen) == MOST_BLOCKS
