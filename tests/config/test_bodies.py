"""Forms that are too large are refused unread, on every page."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def temporary(settings: Settings, tmp_path: Path) -> Path:
    settings.MAX_UPLOAD_BYTES, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000, 0
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


@pytest.mark.parametrize("address", ["/sign-in/", "/verify/", "/admin/login/", "/i18n/setlang/"])
def test_a_stranger_cannot_fill_the_disk_by_a_form(temporary: Path, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    token = client.cookies["csrftoken"].value
    large = SimpleUploadedFile("a.bin", b"\0" * 1_100_000)

    answer = client.post(address, {"csrfmiddlewaretoken": token, "file": large})

    assert answer.status_code in (400, 413)
    assert list(temporary.iterdir()) == []


def test_a_form_of_the_api_is_answered_in_its_shape(temporary: Path, creator: User) -> None:
    client = APIClient()
    client.force_authenticate(creator)

    answer = client.post("/api/v1/sittings/", {"file": SimpleUploadedFile("a.bin", b"\0" * 1_100_000)})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert list(temporary.iterdir()) == []


def test_a_smaller_form_is_read_as_before(temporary: Path) -> None:
    answer = Client().post("/verify/", {"file": SimpleUploadedFile("a.png", b"text" * 200_000)})
    assert answer.status_code == 415
