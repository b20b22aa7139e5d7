import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation
from PIL import Image
from pytest_django import Settings

from provenance.credentials.development import issue
from provenance.credentials.read import Reading
from provenance.credentials.sign import Signed, sign
from provenance.credentials.story import Generation, ModelFacts, Story
from provenance.credentials.verdict import of_error
from provenance.marking.write import Marks, embed
from provenance.works.models import Credential, EarlierFile, Version
from provenance.works.verify import verify
from similarity.errors import SimilarityError
from tests.factories import make_png, make_version, make_work

ROOT = Path(__file__).resolve().parents[3]
FORBIDDEN = ("not ai", "original", "infring", "stolen", "copyrightable", "% copied")


@pytest.fixture
def signer(tmp_path: Path, settings: Settings) -> Path:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.TRUST_LIST = settings.TSA_URL = ""
    chain, key = issue()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    return tmp_path


def make_story(**changes: str) -> Story:
    values: dict[str, Any] = {
        "title": "Dusk",
        "created": "2026-11-22T20:00:00Z",
        "service_name": "Colophon",
        "service_version": "0.1.0",
        "work_id": "w",
        "version_id": "v",
        **changes,
    }
    model = ModelFacts(name="colophon-mini", source="colophon-mini", weights_sha256="ab" * 32)
    generation = Generation(
        model=model, prompt="a fox", seed="7", scheduler="DDIM", steps=20, guidance=4.5, width=64, height=48
    )
    return Story(generation=generation, **values)


@pytest.fixture
def signed(signer: Path) -> Signed:
    marks = Marks(system="colophon-mini", system_version="1", prompt="a fox")
    return sign(embed(make_png(), media_type="image/png", marks=marks), media_type="image/png", story=make_story())


@pytest.fixture
def published(signed: Signed, creator: User) -> Version:
    """A version of ours whose file is *signed*."""
    version = make_version(work=make_work(owner=creator), sha256=hashlib.sha256(signed.data).hexdigest())
    Credential.objects.filter(version=version).update(
        manifest_label=signed.manifest_label, certificate_sha256=signed.certificate_sha256
    )
    return version


def _flip(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def test_a_file_we_published_is_known_byte_for_byte(published: Version, signed: Signed) -> None:
    found = verify(signed.data)
    assert (found.verdict, found.ours, found.known) == ("valid", True, "published")
    assert found.summary == "Made with AI (colophon-mini) by this service."
    assert "It is, byte for byte, the file this service published." in found.sentences
    assert found.file.sha256 == published.sha256
    assert (found.file.width, found.file.height, found.file.media_type) == (64, 48, "image/png")


@pytest.mark.parametrize("status", [Version.Status.HELD, Version.Status.REFUSED])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_file_that_is_held_or_refused_is_not_called_published(
    published: Version, signed: Signed, status: str, earlier: bool
) -> None:
    Version.objects.filter(pk=published.pk).update(status=status)
    if earlier:
        EarlierFile.objects.create(
            version=published, sha256=published.sha256, blob=published.blob, manifest_label=signed.manifest_label
        )
        Version.objects.filter(pk=published.pk).update(sha256="cd" * 32)

    found = verify(signed.data)

    assert (found.verdict, found.ours, found.known) == ("valid", True, "signed")
    assert not any("published" in sentence for sentence in (found.summary, *found.sentences))
    assert str(published.pk) not in json.dumps(found.as_dict())


def test_a_file_whose_structure_is_damaged_is_not_said_to_carry_a_credential(
    monkeypatch: pytest.MonkeyPatch, published: Version
) -> None:
    reading = Reading(
        verdict=of_error("Io: failed to fill whole buffer"), media_type="image/png", sdk="", trust_list=""
    )
    monkeypatch.setattr("provenance.works.verify.read", lambda _data: reading)

    found = verify(make_png())

    assert found.verdict == "unreadable"
    assert found.summary == "The file's structure is damaged, so a credential in it cannot be found."


def test_a_file_of_very_many_parts_is_refused_before_the_library_walks_them(published: Version) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "AVIF")

    with pytest.raises(SimilarityError) as caught:
        verify(out.getvalue() + b"\0\0\0\x08free" * 3_000)

    assert caught.value.code == "too_many_parts"


def test_the_signed_facts_and_the_unsigned_marks_stay_apart(published: Version, signed: Signed) -> None:
    found = verify(signed.data)
    assert found.manifest is not None
    assert found.manifest["standing"] == "signed"
    assert (found.manifest["prompt"], found.manifest["seed"]) == ("a fox", "7")
    assert found.manifest["model"]["weights_sha256"] == "ab" * 32
    (action,) = found.manifest["actions"]
    assert (action["text"], action["source_text"]) == ("was made", "made by a trained AI model")
    assert found.manifest["signer"]["certificate_sha256"] == signed.certificate_sha256
    assert not found.manifest["signer"]["trusted"]
    assert not found.manifest["timestamped"]
    assert {mark["standard"] for mark in found.marks} == {"iptc", "plus"}
    assert {mark["standing"] for mark in found.marks} == {"unsigned"}
    assert (found.sdk, found.trust_list) == (signed.sdk, "")


def test_nothing_private_is_told_and_nothing_is_kept(published: Version, signed: Signed, creator: User) -> None:
    before = (Version.objects.count(), Credential.objects.count())
    User.objects.filter(pk=creator.pk).update(username="zora.kowalski")
    said = json.dumps(verify(signed.data).as_dict())
    assert "zora" not in said
    assert str(published.pk) not in said
    assert (Version.objects.count(), Credential.objects.count()) == before


def test_a_file_of_ours_without_a_record_is_known_by_its_certificate(published: Version, signer: Path) -> None:
    other = sign(make_png(), media_type="image/png", story=make_story(title="another"))
    found = verify(other.data)
    assert (found.verdict, found.ours, found.known) == ("valid", True, "signed")
    assert found.summary == "Made with AI (colophon-mini) by this service."


def test_one_changed_pixel_byte_is_tampering_and_differs_from_what_we_published(
    published: Version, signed: Signed
) -> None:
    found = verify(_flip(signed.data, signed.data.index(b"IDAT") + 12))
    # The decoder may refuse such a file (its checksum is wrong); the verdict is given all the same.
    assert found.file.width or found.file.notes
    assert (found.verdict, found.broken, found.ours, found.known) == ("tampered", "pixels", False, "differs")
    assert found.manifest is not None
    assert found.manifest["standing"] == "broken"
    assert "assertion.dataHash.mismatch" in {reason["code"] for reason in found.reasons}
    assert "differs_from_published" in {reason["code"] for reason in found.reasons}
    assert "by this service" not in " ".join([found.summary, *found.sentences])


def test_a_change_the_credential_does_not_cover_is_noticed_by_its_digest(published: Version, signed: Signed) -> None:
    """Some bytes of a manifest store are padding; the library reads the file as valid all the same."""
    start = signed.data.index(b"caBX")
    end = signed.data.index(b"iTXt")
    for at in range(end - 9, start, -1):  # before the checksum, and the next length
        found = verify(_flip(signed.data, at))
        if found.verdict == "valid":
            break
    else:
        pytest.fail("no byte of the store is uncovered: this test has lost its subject")
    assert found.known == "differs"
    assert "It names a credential of this service, but is not the file this service published." in found.sentences


def test_a_copied_label_or_name_does_not_make_a_file_ours(published: Version, signed: Signed, signer: Path) -> None:
    """Another authority may call itself what it likes: the certificate itself decides."""
    own = {name: (signer / name).read_bytes() for name in ("chain.pem", "key.pem")}
    chain, key = issue()
    (signer / "chain.pem").write_bytes(chain)
    (signer / "key.pem").write_bytes(key)
    forged = sign(make_png(), media_type="image/png", story=make_story())
    for name, content in own.items():
        (signer / name).write_bytes(content)
    assert forged.signer == signed.signer
    found = verify(forged.data)
    assert (found.verdict, found.ours, found.known) == ("valid", False, "")
    assert found.summary == "Made with AI by colophon-mini, says a credential signed by Colophon development."


@pytest.mark.django_db
def test_without_a_credential_nothing_is_concluded() -> None:
    found = verify(make_png())
    assert (found.verdict, found.manifest, found.marks) == ("none", None, ())
    assert found.summary == "No credential was found. That says nothing about how the picture was made."


@pytest.mark.django_db
def test_unsigned_notes_are_told_as_such() -> None:
    marks = Marks(system="s", system_version="1", prompt="a fox")
    found = verify(embed(make_png(), media_type="image/png", marks=marks))
    assert found.verdict == "none"
    assert found.sentences == ("Unsigned notes in the file say it was made with AI. Anybody could have written them.",)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "code"), [(b"", "file_empty"), (b"hello", "not_an_image"), (make_png()[:50], "truncated_image")]
)
def test_what_is_no_picture_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(SimilarityError) as caught:
        verify(data)
    assert caught.value.code == code


@pytest.mark.django_db
def test_a_picture_too_large_to_decode_still_gets_its_verdict(signed: Signed, settings: Settings) -> None:
    settings.MAX_IMAGE_PIXELS = 100
    found = verify(signed.data)
    assert found.verdict == "valid"
    assert (found.file.width, found.file.height) == (None, None)
    assert len(found.file.notes) == 1
    with pytest.raises(SimilarityError, match="pixels"):
        verify(make_png())


@pytest.mark.django_db
def test_a_format_without_credentials_has_none() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "BMP")
    assert verify(out.getvalue()).verdict == "none"


@pytest.mark.django_db
@pytest.mark.shared
def test_words_that_are_never_said(shared: Path, signed: Signed) -> None:
    folder = shared / "c2pa/public-testfiles"
    files = [path.read_bytes() for path in sorted(folder.glob("*.jp*g"))[::3]] if folder.is_dir() else []
    for data in [signed.data, make_png(), _flip(signed.data, -20), *files]:
        found = verify(data)
        said = " ".join([found.summary, *found.sentences, *(reason["text"] for reason in found.reasons)]).lower()
        assert not [word for word in FORBIDDEN if word in said]


@pytest.mark.django_db
def test_every_answer_is_plain_json(signed: Signed) -> None:
    with translation.override("en"):
        assert json.loads(json.dumps(verify(signed.data).as_dict()))["verdict_text"]


def _prints(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"torch", "diffusers", "transformers", "open_clip", "faiss", "cv2", "c2pa"}
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup();"
        "import provenance.works.verify, provenance.works.verify_api;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    assert _prints(code) == "[]"


def test_the_pure_parts_load_no_framework() -> None:
    pure = (
        "manifest",
        "text",
        "rules",
        "vocabulary",
        "verdict",
        "facts",
        "recorded_hash",
        "jumbf",
        "formats",
        "offline",
    )
    imports = ", ".join(f"provenance.credentials.{name}" for name in pure) + ", provenance.marking.xmp"
    code = f"import sys, {imports}; print(sorted({{'django', 'torch', 'c2pa', 'PIL'}} & set(sys.modules)))"
    assert _prints(code) == "[]"
