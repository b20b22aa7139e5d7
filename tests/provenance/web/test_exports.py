"""The export panel: live preflight, one file for one wish, and nothing made by looking."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from provenance.credentials.development import create
from provenance.works.models import Export, Version
from tests.provenance.works.test_export import sealed

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(creator: User, settings: Settings, tmp_path: Path) -> Version:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.PROVIDER_CODE = "0019X"
    create()
    return sealed(creator, size=(96, 64))


def address(version: Version) -> str:
    return reverse("web:export", args=[version.pk])


def test_the_works_page_has_the_panel_for_its_owner(
    client: Client, creator: User, reviewer: User, version: Version
) -> None:
    page = reverse("web:work", args=[version.work_id])
    client.force_login(creator)
    html = client.get(page).content.decode()
    assert 'id="exports"' in html
    assert "engineering guidance, not legal advice" in html
    client.force_login(reviewer)
    assert 'id="exports"' not in client.get(page).content.decode()


def test_a_file_that_is_gone_leaves_the_page_and_says_so(client: Client, creator: User, version: Version) -> None:
    default_storage.delete(version.blob)
    client.force_login(creator)
    page = client.get(reverse("web:work", args=[version.work_id]))
    assert page.status_code == 200
    assert "The file of this version is not there any more." in page.content.decode()

    made = client.post(address(version), {"profile": "plain", "format": "png"})
    assert made.status_code == 422
    assert "The file of this version is not there any more." in made.content.decode()
    told = client.post("/api/v1/exports/", {"version": str(version.pk), "profile": "plain"})
    assert (told.status_code, told.json()["code"]) == (410, "file_gone")
    assert client.get(reverse("web:export-preview", args=[version.pk])).status_code == 404
    assert not Export.objects.exists()


def test_pixels_that_were_not_kept_have_no_map(client: Client, creator: User, version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(output=None, picture="")
    client.force_login(creator)
    assert client.get(reverse("web:version-contribution", args=[version.pk])).status_code == 404


def test_choosing_a_place_shows_what_would_be_written(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)
    answer = client.get(address(version), {"profile": "china", "tick_of": "plain"}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in html
    assert "AI生成" in html
    assert "GB 45438" in html
    assert 'name="labelled" id="export_labelled" checked' in html
    assert "I agree" not in html
    assert not Export.objects.exists()


def test_without_the_label_the_agreement_is_asked_for(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)
    wish = {"profile": "china", "tick_of": "china", "format": "jpeg"}
    html = client.get(address(version), wish).content.decode()
    assert "without the visible label" in html
    assert "agreement_needed" in html

    refused = client.post(address(version), wish)
    assert refused.status_code == 422
    assert "needs your agreement" in refused.content.decode()
    assert not Export.objects.exists()

    made = client.post(address(version), {**wish, "agreed": "on"}, follow=True)
    export = Export.objects.get()
    html = made.content.decode()
    assert (export.labelled, bool(export.agreed_at), export.media_type) == (False, True, "image/jpeg")
    assert "The file is ready." in html
    assert "a-harbour-at-sunset-1-china-unlabelled.jpg" in html
    assert reverse("export-file", args=[export.pk]) in html
    again = client.post(address(version), {**wish, "agreed": "on"}, follow=True)
    assert "was made before" in again.content.decode()
    assert Export.objects.count() == 1


def test_another_place_sets_the_tick_back_to_its_habit(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)
    html = client.get(address(version), {"profile": "plain", "tick_of": "china", "labelled": "on"}).content.decode()
    assert 'name="labelled" id="export_labelled">' in html
    html = client.get(address(version), {"profile": "korea", "tick_of": "korea"}).content.decode()
    assert "unlabelled_forbidden" in html
    html = client.get(address(version), {"profile": "korea"}).content.decode()
    assert "한국어" in html


@pytest.mark.parametrize(
    "wish",
    [
        {"profile": "atlantis"},
        {"profile": ["x", "y"], "format": "gif", "language": "tlh"},
        {"profile": "eu", "prompt_writer": "x" * 500},
        {"profile": "korea", "tick_of": "korea", "agreed": "on"},
    ],
)
def test_nonsense_is_answered_and_makes_nothing_it_should_not(
    client: Client, creator: User, version: Version, wish: dict[str, str]
) -> None:
    client.force_login(creator)
    assert client.get(address(version), wish).status_code == 200
    answer = client.post(address(version), wish)
    assert answer.status_code in (302, 422)
    assert Export.objects.count() == (answer.status_code == 302)


def test_nobody_elses_version(client: Client, stranger: User, reviewer: User, version: Version) -> None:
    assert client.get(address(version)).status_code == 302  # to sign in
    for user in (stranger, reviewer):
        client.force_login(user)
        assert client.get(address(version)).status_code == 404
        assert client.post(address(version), {"profile": "plain"}).status_code == 404
    assert not Export.objects.exists()


def test_the_label_is_shown_before_it_is_drawn(client: Client, creator: User, stranger: User, version: Version) -> None:
    client.force_login(creator)
    html = client.get(address(version), {"profile": "china"}).content.decode()
    source = re.search(r'src="([^"]*preview.webp[^"]*)"', html)
    assert source is not None
    small = client.get(unescape(source[1]))
    assert (small.status_code, small["Content-Type"]) == (200, "image/webp")
    assert small.content != client.get(reverse("web:export-preview", args=[version.pk])).content
    assert client.get(reverse("web:export-preview", args=[version.pk]), {"prompt_writer": "x" * 300}).status_code == 404
    assert not Export.objects.exists()
    client.force_login(stranger)
    assert client.get(unescape(source[1])).status_code == 404
