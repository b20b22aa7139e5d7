"""Declaring an edit made elsewhere: a claim beside what was measured."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from provenance.works.editing.models import Declaration, Edit
from provenance.works.models import Version
from tests import factories
from tests.provenance.web.html import Page

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def version(creator: User) -> Version:
    return factories.make_version(work=factories.make_work(owner=creator))


def upload(data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("edited.png", data or factories.make_png(), content_type="image/png")


def declared(client: Client, version: Version, **fields: Any) -> Any:
    form = {"image": upload(), "description": "Sharpened the masts.", **fields}
    return client.post(reverse("web:declare", args=[version.pk]), form, headers=ENGLISH)


def test_a_declared_edit_becomes_a_version_with_its_claim(client: Client, creator: User, version: Version) -> None:
    """Given an upload, when it is declared, then a child is made, and its words stand there as a claim."""
    client.force_login(creator)

    response = declared(client, version, tool="GIMP <b>3</b>", claimed_minutes="45")

    child = Version.objects.get(number=2)
    assert (response.status_code, response["Location"].partition("?")[2]) == (302, "version=2")
    assert list(child.parents.all()) == [version]
    Version.objects.filter(pk=child.pk).update(
        status=Version.Status.PUBLISHED, blob=version.blob, sha256="ee" * 32, picture=version.pixels_blob
    )
    Declaration.objects.update(registered=True)
    Edit.objects.update(changed=0.1234)
    page = Page(client.get(response["Location"], headers=ENGLISH).content.decode())
    told = " ".join(page.text.split())
    assert page.problems == []
    assert "Claimed Sharpened the masts. The uploader's words, who also says it was done with GIMP <b>3</b>." in told
    assert "Measured here: 12.3 % of the picture differs from version 1" in told
    assert "45 minutes claimed" in told
    assert "observed" not in told
    assert "Edited elsewhere from version 1, and added on" in told


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"image": ""}, 422, "This field is required."),
        ({"description": ""}, 422, "This field is required."),
        ({"image": upload(b"hello")}, 415, "not a picture"),
        ({"description": "x" * 3000}, 400, "The description has 3000 characters"),
        ({"claimed_minutes": "-4"}, 422, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_declared_is_said_beside_its_field(
    client: Client, creator: User, version: Version, fields: dict[str, Any], status: int, sentence: str
) -> None:
    client.force_login(creator)

    response = declared(client, version, **fields)

    page = Page(response.content.decode())
    assert (response.status_code, page.problems) == (status, [])
    assert sentence in page.text
    assert Version.objects.count() == 1


def test_pressed_twice_it_is_declared_once(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)
    key = "0b1f3a52-7f0f-4f7b-9c15-1d9c5f6f0a11"
    data = factories.make_png()

    answers = [declared(client, version, image=upload(data), key=key)["Location"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert Version.objects.count() == 2

    # With the Back button the key comes again together with other words.
    other = declared(client, version, image=upload(data), key=key, description="And the sky.")
    assert other.status_code == 302
    assert Version.objects.count() == 3


def test_too_many_uploads_wait(
    client: Client, creator: User, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.web.views.declare.seconds_to_wait", lambda request, scope: 7)
    client.force_login(creator)

    response = declared(client, version)

    assert (response.status_code, response["Retry-After"]) == (429, "7")
    assert "wait a minute" in response.content.decode()
    assert Version.objects.count() == 1
