"""The public page of a published version: what its file says, and nothing else of anybody."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from provenance.credentials.development import create
from provenance.works.models import Version
from provenance.works.seal import seal_version
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(creator: User, settings: Settings, tmp_path: Path) -> Version:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()
    job = factories.make_job(owner=creator, status="succeeded", passport=factories.make_passport())
    made = factories.make_version(work=factories.make_work(owner=creator, job=job), status=Version.Status.AUDITED)
    assert seal_version(made.pk)
    made.refresh_from_db()
    return made


def test_anybody_sees_what_the_file_says(client: Client, version: Version) -> None:
    answer = client.get(f"/v/{version.pk}")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "a harbour at sunset" in page
    assert "Made with AI (colophon-mini) by this service." in page
    assert f"/v/{version.pk}/picture" in page
    assert '<img src="data:image/webp;base64,' in page  # of what it was made from, as the file has it


def test_nobody_is_named(client: Client, version: Version, creator: User) -> None:
    User.objects.filter(pk=creator.pk).update(username="quillfeather")
    page = client.get(f"/v/{version.pk}").content.decode()

    assert "quillfeather" not in page
    assert creator.email not in page
    assert str(version.work_id) not in page
    assert "Impression" not in page  # what the audit compared it with is its owner's to see


def test_the_picture_is_small_and_carries_nothing(client: Client, version: Version) -> None:
    answer = client.get(f"/v/{version.pk}/picture")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert b"c2pa" not in answer.content
    again = client.get(f"/v/{version.pk}/picture", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("status", [Version.Status.HELD, Version.Status.REFUSED, Version.Status.FAILED])
@pytest.mark.parametrize("path", ["", "/picture"])
def test_what_is_not_published_is_not_there(
    client: Client, version: Version, creator: User, status: str, path: str
) -> None:
    Version.objects.filter(pk=version.pk).update(status=status)

    assert client.get(f"/v/{version.pk}{path}").status_code == 404
    client.force_login(creator)
    assert client.get(f"/v/{version.pk}{path}").status_code == 404


def test_a_missing_file_is_a_missing_page(client: Client, version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(blob="no/such/file.png")

    assert client.get(f"/v/{version.pk}").status_code == 404
    assert client.get(f"/v/{version.pk}/picture").status_code == 404


def test_many_requests_are_slowed(client: Client, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"public-version": "2/min"})

    assert [client.get(f"/v/{version.pk}").status_code for _time in range(3)] == [200, 200, 429]


def test_only_reading_is_allowed(client: Client, version: Version) -> None:
    assert client.post(f"/v/{version.pk}").status_code == 405
