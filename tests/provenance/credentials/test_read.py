import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st
from pytest_django import Settings

from provenance.credentials import read as read_module
from provenance.credentials.facts import facts
from provenance.credentials.read import read
from provenance.credentials.sign import Signed, sign
from provenance.credentials.story import Story
from provenance.marking import containers, xmp
from tests.provenance.credentials.conftest import FORMATS, picture

MakeStory = Callable[..., Story]
PUBLIC = "c2pa/public-testfiles"
# What CREDENTIALS and the published results say of each file: verdict, binding that broke.
VERDICTS = {
    "adobe-20220124-A": ("none", ""),
    "adobe-20220124-I": ("none", ""),
    "adobe-20220124-C": ("valid", ""),
    "adobe-20220124-CA": ("valid", ""),
    "adobe-20220124-CACA": ("valid", ""),
    "adobe-20220124-CACAICAICICA": ("valid", ""),
    "adobe-20220124-CAI": ("valid", ""),
    "adobe-20220124-CAIAIIICAICIICAIICICA": ("valid", ""),
    "adobe-20220124-CAICA": ("valid", ""),
    "adobe-20220124-CAICAI": ("valid", ""),
    "adobe-20220124-CI": ("valid", ""),
    "adobe-20220124-CICA": ("valid", ""),
    "adobe-20220124-CICACACA": ("valid", ""),
    "adobe-20220124-CIE-sig-CA": ("valid", ""),
    "adobe-20220124-CII": ("valid", ""),
    "adobe-20220124-E-clm-CAICAI": ("tampered", "ingredient"),
    "adobe-20220124-E-dat-CA": ("tampered", "pixels"),
    "adobe-20220124-E-sig-CA": ("tampered", "signature"),
    "adobe-20220124-E-uri-CA": ("tampered", "statement"),
    "adobe-20220124-E-uri-CIE-sig-CA": ("tampered", "statement"),
    "adobe-20220124-XCA": ("tampered", "pixels"),
    "adobe-20220124-XCI": ("tampered", "pixels"),
    "nikon-20221019-building": ("expired", ""),
    "truepic-20230212-camera": ("legacy", ""),
    "truepic-20230212-landscape": ("legacy", ""),
    "truepic-20230212-library": ("legacy", ""),
}


@pytest.fixture
def public(shared: Path) -> Path:
    if not (shared / PUBLIC).is_dir():
        pytest.skip("the public C2PA test files are not beside this checkout")
    return shared / PUBLIC


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_the_public_test_files_get_their_published_verdicts(public: Path, settings: Settings, name: str) -> None:
    settings.TRUST_LIST = ""
    found = next(iter(public.glob(f"{name}.jp*g")), None)
    if found is None:
        pytest.skip(f"{name} is not among the public test files here")
    reading = read(found.read_bytes())
    assert (reading.verdict.code, reading.verdict.broken) == VERDICTS[name]
    if reading.manifest:
        assert facts(reading.active, resources=reading.resources).label == reading.label
        assert len(reading.certificate_sha256) == 64


@pytest.mark.shared
def test_no_public_test_file_is_left_out(public: Path) -> None:
    assert {path.stem for path in public.glob("*.jp*g")} <= set(VERDICTS)


@pytest.mark.shared
@pytest.mark.parametrize(("at", "expected"), [(5_000, ("legacy", "")), (-1000, ("tampered", "pixels"))])
def test_a_legacy_file_is_legacy_only_while_its_hash_matches(
    public: Path, settings: Settings, at: int, expected: tuple[str, str]
) -> None:
    settings.TRUST_LIST = ""
    data = bytearray((public / "truepic-20230212-camera.jpg").read_bytes())
    data[at] ^= 1
    verdict = read(bytes(data)).verdict
    # Its first 206,316 bytes, camera data among them, were never bound by its hash.
    assert (verdict.code, verdict.broken) == expected


@pytest.mark.shared
def test_hostile_strings_are_signed_as_text_and_come_back_as_text(
    shared: Path, signer: Path, make_story: MakeStory
) -> None:
    folder = shared / "c2pa/attacks"
    if not folder.is_dir():
        pytest.skip("the hostile strings are not beside this checkout")
    strings = [line for path in folder.iterdir() for line in path.read_text(errors="replace").splitlines() if line]
    assert len(strings) >= 30
    for text in strings:
        story = make_story(prompt=text, title=text, negative_prompt=text)
        reading = read(sign(picture(), media_type="image/png", story=story).data)
        told = facts(reading.active, resources=reading.resources)
        assert told.prompt == told.negative_prompt == told.title
        assert json.loads(json.dumps(told.prompt)) == told.prompt


def test_every_flipped_byte_of_the_picture_is_noticed(signed: Signed) -> None:
    start = signed.data.index(b"IDAT")
    for at in range(start, len(signed.data), 7):
        changed = bytearray(signed.data)
        changed[at] ^= 0x10
        verdict = read(bytes(changed)).verdict
        assert verdict.code in ("tampered", "unreadable"), at
        if verdict.code == "tampered":
            assert verdict.broken == "pixels"


def test_flipped_bytes_of_the_credential_never_crash_the_reader(signed: Signed) -> None:
    draw = random.Random(7)
    start = signed.data.index(b"caBX") + 4
    end = start + int.from_bytes(signed.data[start - 8 : start - 4], "big")
    codes = set()
    for _ in range(400):
        changed = bytearray(signed.data)
        changed[draw.randrange(start, end)] ^= 1 << draw.randrange(8)
        reading = read(bytes(changed))
        codes.add(reading.verdict.code)
        facts(reading.active, resources=reading.resources)
    assert codes <= {"valid", "tampered", "unreadable"}
    assert "tampered" in codes


@pytest.mark.parametrize("media_type", sorted(FORMATS))
def test_a_file_without_a_credential_has_none(media_type: str) -> None:
    reading = read(picture(media_type))
    assert (reading.verdict.code, reading.manifest, reading.label) == ("none", {}, "")
    assert reading.media_type == media_type


def test_a_truncated_signed_file_is_unreadable(signed: Signed) -> None:
    for part in (60, 400, len(signed.data) // 2, len(signed.data) - 4):
        assert read(signed.data[:part]).verdict.code in ("unreadable", "none", "tampered")


@fewer(max_examples=100, deadline=None)
@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x10\0\0\0WEBP", b"II*\0"]), st.binary())
def test_any_bytes_get_a_verdict(head: bytes, rest: bytes) -> None:
    assert read(head + rest).verdict.code in ("none", "unreadable")


def test_an_exception_of_the_library_that_is_none_of_its_own_is_a_verdict(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("claim")

    monkeypatch.setattr(read_module, "_read", broken)
    verdict = read(signed.data).verdict
    assert (verdict.code, [reason.explanation for reason in verdict.reasons]) == ("unreadable", ["Other: KeyError"])


def test_the_certificate_is_taken_from_the_signature_itself(signed: Signed) -> None:
    assert read(signed.data).certificate_sha256 == signed.certificate_sha256


def test_a_remote_credential_is_named_as_such() -> None:
    packet = xmp.build({"dcterms:provenance": "http://127.0.0.1:9/m.c2pa"})
    reading = read(containers.put_xmp_in_jpeg(picture("image/jpeg"), packet))
    assert [reason.code for reason in reading.verdict.reasons] == ["remote_credential_not_fetched"]
