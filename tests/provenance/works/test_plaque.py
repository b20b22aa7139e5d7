"""The print bridge: the plaque says what the file says, and a photograph of it leads back to the record."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from provenance.credentials.development import create
from provenance.works import pdf_font as fonts
from provenance.works.errors import WorkError
from provenance.works.models import Version
from provenance.works.plaque import plaque_pdf
from provenance.works.recover import look_for, versions_named_in
from provenance.works.seal import seal_version
from similarity.pictures import decode
from tests import factories
from tests.benchmarks.recovery_cases import Pixels, photographed
from tests.provenance.recovery.pictures import painting, png

pytestmark = pytest.mark.django_db
pdfium = pytest.importorskip("pypdfium2")


@pytest.fixture(autouse=True)
def _signer(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()


@pytest.fixture
def version(creator: User) -> Version:
    passport = factories.make_passport()
    job = factories.make_job(owner=creator, status="succeeded", passport=passport, width=512, height=384)
    work = factories.make_work(owner=creator, job=job, title="Harbour at sunset")
    picture = png(painting(1, width=512, height=384))
    made = factories.make_version(work=work, status=Version.Status.AUDITED, data=picture)
    assert seal_version(made.pk)
    made.refresh_from_db()
    return made


def address(version: Version) -> str:
    return f"https://colophon.example/v/{version.pk}"


def sheet(pdf: bytes, *, scale: float = 2.0) -> Pixels:
    with pdfium.PdfDocument(io.BytesIO(pdf)) as document:
        return np.ascontiguousarray(np.asarray(document[0].render(scale=scale).to_pil().convert("RGB")))


def text(pdf: bytes) -> str:
    with pdfium.PdfDocument(io.BytesIO(pdf)) as document:
        return str(document[0].get_textpage().get_text_range())


def test_it_says_what_the_file_says(version: Version) -> None:
    said = text(plaque_pdf(version, address=address(version)))

    assert "Harbour at sunset" in said
    assert "Made with AI (colophon-mini) by this service." in said.replace("\r\n", " ")
    assert str(version.pk) in said.replace("\r\n", "")
    assert version.work.owner.get_username() not in said


def test_its_code_leads_to_the_page(version: Version) -> None:
    picture = decode(png(sheet(plaque_pdf(version, address=address(version))))).rgb

    assert versions_named_in(picture) == [version.pk]


def test_a_photograph_of_the_plaque_is_recovered(version: Version) -> None:
    printed = sheet(plaque_pdf(version, address=address(version)))
    photo = photographed(printed, np.random.default_rng(5))

    told = look_for(decode(png(photo)).rgb).recovered

    assert told is not None
    assert told["version"] == str(version.pk)


def test_a_code_without_the_picture_is_a_claim(version: Version) -> None:
    printed = sheet(plaque_pdf(version, address=address(version)))
    right = np.ascontiguousarray(printed[:, printed.shape[1] * 55 // 100 :])

    found = look_for(decode(png(right)).rgb)

    assert found.recovered is None
    assert found.named_by_code is not None
    assert (found.named_by_code["version"], found.named_by_code["standing"]) == (str(version.pk), "claimed")


def test_a_code_names_nothing_that_is_not_published(version: Version) -> None:
    printed = decode(png(sheet(plaque_pdf(version, address=address(version))))).rgb
    Version.objects.update(status=Version.Status.HELD)

    found = look_for(printed)

    assert (found.recovered, found.named_by_code) == (None, None)


@pytest.mark.skipif(not any(Path(path).is_file() for path, _face in fonts.FONTS[:-1]), reason="no CJK font here")
def test_chinese_titles_are_written(version: Version) -> None:
    version.work.title = "港口日落"

    assert "港口日落" in text(plaque_pdf(version, address=address(version)))


def test_letters_that_no_font_has_are_refused_and_not_dropped(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FONTS", ())
    version.work.title = "港口日落"

    with pytest.raises(WorkError) as refused:
        plaque_pdf(version, address=address(version))

    assert refused.value.code == "plaque_font_missing"


def test_without_any_font_latin_titles_are_written_all_the_same(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FONTS", ())

    assert "Harbour at sunset" in text(plaque_pdf(version, address=address(version)))


def test_only_published_versions_have_one(version: Version) -> None:
    version.status = Version.Status.HELD

    with pytest.raises(WorkError, match="Only a published version"):
        plaque_pdf(version, address=address(version))


@pytest.mark.parametrize("title", ["=1+1", "<script>alert(1)</script>", "x" * 400, "a\u202eb"])
def test_hostile_titles_make_a_sheet_all_the_same(version: Version, title: str) -> None:
    version.work.title = title

    assert plaque_pdf(version, address=address(version)).startswith(b"%PDF")


def test_the_owner_gets_it_as_a_file(client: Client, version: Version, stranger: User, creator: User) -> None:
    path = f"/versions/{version.pk}/plaque.pdf"
    assert client.get(path).status_code == 302
    client.force_login(stranger)
    assert client.get(path).status_code == 404

    client.force_login(creator)
    answer: Any = client.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "harbour-at-sunset-1-plaque.pdf" in answer["Content-Disposition"]
    assert f"http://testserver/v/{version.pk}" in text(answer.content).replace("\r\n", "")
