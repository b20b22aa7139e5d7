"""``/api/v1/exports``: owners make and fetch their own; asked twice, nothing is made twice."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from pytest_django import Settings
from rest_framework.test import APIClient

from generation import blobs
from provenance.credentials.development import create
from provenance.works.models import Export, Version
from tests.provenance.works.test_export import sealed

pytestmark = pytest.mark.django_db
URL = "/api/v1/exports/"


@pytest.fixture(autouse=True)
def _signer(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.PROVIDER_CODE = "0019X"
    create()


@pytest.fixture
def version(creator: User) -> Version:
    return sealed(creator, size=(96, 64))


def test_an_export_is_made_once_listed_and_fetched(api: APIClient, creator: User, version: Version) -> None:
    api.force_authenticate(creator)
    body = {"version": str(version.pk), "profile": "china", "format": "jpeg"}

    made = api.post(URL, body, format="json")
    again = api.post(URL, body, format="json")

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    said = made.json()
    assert (said["label"], said["media_type"], said["by"]) == ("AI生成", "image/jpeg", "ada")
    listed = api.get(URL, {"work": str(version.work_id), "profile": "china"}).json()["results"]
    assert [row["id"] for row in listed] == [said["id"]]
    assert api.get(URL, {"profile": "eu"}).json()["results"] == []
    assert api.get(f"{URL}{said['id']}/").json() == said

    file = api.get(said["file"], HTTP_ACCEPT="image/jpeg")

    data = file.getvalue()
    assert data == blobs.get(Export.objects.get().blob)
    assert file["Content-Type"] == "image/jpeg"
    assert "china.jpg" in file["Content-Disposition"]
    assert file["ETag"] == f'"{said["sha256"]}"'
    assert file["X-Content-Type-Options"] == "nosniff"


def test_preflight_makes_nothing(api: APIClient, creator: User, version: Version) -> None:
    api.force_authenticate(creator)
    body = {"version": str(version.pk), "profile": "china", "labelled": False}
    found = api.post(f"{URL}preflight/", body, format="json")
    assert found.status_code == 200
    said = found.json()
    assert (said["ready"], [line["code"] for line in said["missing"]]) == (False, ["agreement_needed"])
    assert "without the visible label" in said["agreement"]
    agreed = api.post(f"{URL}preflight/", {**body, "agreed": True}, format="json").json()
    assert agreed["ready"]
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"profile": "atlantis"}, "unknown_profile", None),
        ({"profile": "korea", "labelled": False}, "unlabelled_forbidden", "labelled"),
        ({"labelled": False}, "agreement_needed", "agreed"),
        ({"language": "fr"}, "unknown_language", "language"),
        ({"format": "gif"}, "invalid_choice", "format"),
        ({"version": "x"}, "invalid", "version"),
        ({"profile": None}, "null", "profile"),
        ({"prompt_writer": "x" * 300}, "bad_name", "prompt_writer"),
        ({"labelled": "perhaps"}, "invalid", "labelled"),
    ],
)
def test_bad_wishes_get_a_code_and_a_sentence(
    api: APIClient, creator: User, version: Version, changes: dict[str, Any], code: str, field: str | None
) -> None:
    api.force_authenticate(creator)
    body = {"version": str(version.pk), "profile": "china", **changes}
    refused = api.post(URL, body, format="json")
    assert refused.status_code == 400
    said = refused.json()
    assert said["code"] == code
    assert said["detail"]
    assert [entry["field"] for entry in said["errors"]] == ([field] if field else [])
    assert not Export.objects.exists()


def test_other_peoples_versions_and_exports_are_not_there(
    api: APIClient, creator: User, stranger: User, reviewer: User, version: Version
) -> None:
    api.force_authenticate(creator)
    body = {"version": str(version.pk), "profile": "plain"}
    made = api.post(URL, body, format="json").json()

    api.force_authenticate(stranger)
    assert api.post(URL, body, format="json").status_code == 404
    assert api.post(f"{URL}preflight/", body, format="json").status_code == 404
    assert api.get(URL).json()["results"] == []
    assert api.get(f"{URL}{made['id']}/").status_code == 404
    assert api.get(made["file"]).status_code == 404
    assert api.post(URL, {**body, "version": str(uuid.uuid4())}, format="json").status_code == 404

    api.force_authenticate(reviewer)
    assert [row["id"] for row in api.get(URL).json()["results"]] == [made["id"]]
    assert api.post(URL, body, format="json").status_code == 404
    assert Export.objects.count() == 1


def test_nobody_signed_in_nothing_shown(api: APIClient) -> None:
    assert api.get(URL).status_code == 401
    assert api.post(URL, {}, format="json").status_code == 401


def test_a_file_that_is_gone_from_the_store_is_not_found(api: APIClient, creator: User, version: Version) -> None:
    api.force_authenticate(creator)
    made = api.post(URL, {"version": str(version.pk), "profile": "plain"}, format="json").json()
    default_storage.delete(Export.objects.get().blob)
    assert api.get(made["file"]).status_code == 404
