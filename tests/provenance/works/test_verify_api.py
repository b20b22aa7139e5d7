from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from provenance.works.models import Version
from tests.factories import make_png

URL = "/api/v1/verify"
pytestmark = pytest.mark.django_db


def _raw(api: APIClient, data: bytes, **extra: str) -> Any:
    return api.generic("POST", URL, data, content_type="image/png", **extra)  # type: ignore[arg-type]


def _file(data: bytes) -> dict[str, Any]:
    return {"image": SimpleUploadedFile("x.png", data, "image/png")}


def test_anybody_may_send_a_file(api: APIClient) -> None:
    response = api.post(URL, _file(make_png()), format="multipart")
    assert response.status_code == 200
    assert response.json()["verdict"] == "none"
    assert response.json()["file"]["width"] == 64
    assert response["Cache-Control"] == "no-store"
    assert Version.objects.count() == 0


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "application/octet-stream"])
def test_or_the_picture_itself_as_the_body(api: APIClient, content_type: str) -> None:
    """The declared type is never believed: the bytes say what they are."""
    response = api.generic("POST", URL, make_png(), content_type=content_type)  # type: ignore[arg-type]
    assert response.status_code == 200
    assert response.json()["file"]["media_type"] == "image/png"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"hello", 415, "not_an_image"), (make_png()[:60], 400, "truncated_image")],
)
def test_what_is_no_picture(api: APIClient, data: bytes, status: int, code: str) -> None:
    for response in (
        _raw(api, data),
        api.post(URL, _file(data), format="multipart"),
    ):
        assert response.status_code == status
        assert response.json()["code"] == code
        assert response.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"file": "x"}, {"image": "text, not a file"}])
def test_a_missing_file(api: APIClient, body: dict[str, str]) -> None:
    response = api.post(URL, body, format="multipart")
    assert (response.status_code, response.json()["code"]) == (400, "file_missing")


def test_an_empty_file_and_an_empty_body(api: APIClient) -> None:
    response = api.post(URL, _file(b""), format="multipart")
    assert (response.status_code, response.json()["code"]) == (400, "file_empty")
    response = _raw(api, b"")
    assert (response.status_code, response.json()["code"]) == (400, "file_missing")


def test_a_body_of_another_type(api: APIClient) -> None:
    response = api.post(URL, {"image": "x"}, format="json")
    assert response.status_code == 415


def test_what_is_too_large_is_refused_unread(api: APIClient, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    data = make_png() + b"\0" * 1000
    for response in (
        _raw(api, data),
        api.post(URL, _file(data), format="multipart"),
        _raw(api, b"", CONTENT_LENGTH="999999999"),
    ):
        assert (response.status_code, response.json()["code"]) == (413, "file_too_large")


def test_a_form_from_elsewhere_needs_no_token_and_gets_no_session() -> None:
    api = APIClient(enforce_csrf_checks=True)
    response = api.post(URL, _file(make_png()), format="multipart")
    assert response.status_code == 200
    assert not response.cookies


def test_reading_it_needs_a_file(api: APIClient) -> None:
    assert api.get(URL).status_code == 405


def test_too_many_in_a_minute(api: APIClient) -> None:
    data = make_png(size=(4, 4))
    statuses = [_raw(api, data).status_code for _ in range(31)]
    assert statuses.count(429) == 1
