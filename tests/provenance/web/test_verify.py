"""The verify page, on real files: what it says, and that it keeps nothing."""

import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pytest_django import Settings

from generation import blobs
from provenance.credentials.development import create
from provenance.works.models import Version
from provenance.works.seal import seal_version
from similarity.uploads import ENVELOPE_BYTES
from tests import factories
from tests.provenance.web.html import Page

VERIFY = "/verify/"


def drop(client: Client, data: bytes, *, name: str = "picture.png", htmx: bool = False) -> HttpResponse:
    headers = {"Accept-Language": "en"} | ({"HX-Request": "true"} if htmx else {})
    return client.post(VERIFY, {"file": SimpleUploadedFile(name, data)}, headers=headers)  # type: ignore[return-value]


def text_of(response: HttpResponse) -> str:
    page = Page(response.content.decode())
    assert page.problems == []
    return " ".join(page.text.split())


@pytest.fixture
def published(creator: User, settings: Settings, tmp_path: Path) -> bytes:
    """A file this service sealed and published."""
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()
    version = factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.AUDITED)
    assert seal_version(version.pk)
    version.refresh_from_db()
    assert version.status == Version.Status.PUBLISHED
    return blobs.get(version.blob)


def test_our_own_picture_is_known(client: Client, published: bytes) -> None:
    """Given a file we published, when it is dropped, then the page says so, with what was signed beside it."""
    told = text_of(drop(client, published))

    assert "Made with AI (colophon-mini) by this service." in told
    assert "It is, byte for byte, the file this service published." in told
    signed, _, rest = told.partition(" Unsigned ")
    assert "Prompt a harbour at sunset" in signed.partition(" Signed ")[2]
    assert "Seed 18446744073709551615" in signed
    assert "Anybody could have written it there." in rest
    assert "nothing of it is kept" in rest


def test_one_changed_byte_is_noticed(client: Client, published: bytes) -> None:
    changed = bytearray(published)
    changed[-40] ^= 1

    response = drop(client, bytes(changed))
    told = text_of(response)

    assert response.context["tone"] == "bad"  # type: ignore[attr-defined]
    assert "The file was changed after it was signed" in told
    assert "None of this can be relied on any more." in told
    assert "by this service." not in told


def test_a_plain_picture_says_nothing_about_how_it_was_made(client: Client, db: None) -> None:
    told = text_of(drop(client, factories.make_png()))

    assert "No credential was found. That says nothing about how the picture was made." in told
    assert " Signed " not in told


def test_what_strangers_write_into_files_is_shown_as_text(client: Client, db: None) -> None:
    note = PngInfo()
    note.add_text("parameters", "<script>alert(1)</script>\nSteps: 20, Sampler: Euler, Seed: 1")
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=note)

    told = text_of(drop(client, out.getvalue(), name='<img src=x onerror=y>".png'))

    assert "<script>alert(1)</script>" in told
    assert "Anybody could have written them." in told


def test_with_scripts_only_the_verdict_is_sent(client: Client, db: None) -> None:
    fragment = drop(client, factories.make_png(), htmx=True).content.decode()

    assert "<html" not in fragment
    assert "No credential was found" in fragment


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (b"", 400, "Choose a picture first"),
        (b"hello", 415, "not a picture"),
        (factories.make_png()[:60], 400, ""),
    ],
)
def test_a_bad_file_gets_a_sentence_in_its_place(
    client: Client, db: None, data: bytes, status: int, sentence: str
) -> None:
    for htmx in (False, True):
        response = drop(client, data, htmx=htmx)
        alerts = [it for _, it in Page(response.content.decode()).tags if it.get("role") == "alert"]

        assert response.status_code == status
        assert sentence in response.content.decode()
        assert any("hidden" not in alert for alert in alerts)


def test_no_file_at_all_gets_a_sentence(client: Client, db: None) -> None:
    response = client.post(VERIFY, {"file": "text"}, headers={"Accept-Language": "en"})

    assert response.status_code == 400
    assert "Choose a picture first" in response.content.decode()


def test_a_file_too_large_is_refused_before_it_is_read(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a declared size over the limit, then the body is never parsed."""
    settings.MAX_UPLOAD_BYTES = 1000
    monkeypatch.setattr("django.http.request.HttpRequest.parse_file_upload", lambda *a: pytest.fail("it was read"))

    response = drop(client, bytes(1000 + ENVELOPE_BYTES))

    assert response.status_code == 413
    assert "larger than 1000\xa0bytes" in response.content.decode()


def test_a_file_just_over_the_limit_is_refused_too(client: Client, db: None, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1000

    assert drop(client, bytes(1001)).status_code == 413


def test_nothing_is_kept(client: Client, published: bytes, settings: Settings) -> None:
    before = Version.objects.count(), sorted(settings.DATA_DIR.rglob("*"))

    drop(client, factories.make_png(size=(33, 33)))

    assert (Version.objects.count(), sorted(settings.DATA_DIR.rglob("*"))) == before


def test_too_many_files_wait(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"verify": "2/min"})

    statuses = [drop(client, b"hello").status_code for _ in range(3)]
    last = drop(client, b"hello", htmx=True)

    assert statuses == [415, 415, 429]
    assert 0 < int(last["Retry-After"]) <= 61
    assert "wait a minute" in last.content.decode()


def test_a_forged_post_needs_no_token_because_it_can_do_nothing(db: None) -> None:
    assert drop(Client(enforce_csrf_checks=True), factories.make_png()).status_code == 200


def test_the_tree_of_ingredients_is_shown(client: Client, published: bytes) -> None:
    """Given a picture with a prompt and a model as ingredients, then both stand under it, with its thumbnail."""
    response = drop(client, published)
    page = Page(response.content.decode())
    text = " ".join(page.text.split())

    assert "✓ this picture" in text
    assert "prompt an input to its making ○ the prompt" in text
    assert "colophon-mini an input to its making ○ a model" in text
    assert "signed , the signer states it: Made by a trained AI model" in text
    sources = [attributes.get("src") or "" for name, attributes in page.tags if name == "img"]
    assert any(source.startswith("data:image/webp;base64,") for source in sources)
