"""What no view has caught is answered in the form the caller reads, with the reason where there is one."""

import errno
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from PIL import Image

from generation.errors import GenerationError
from generation.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def _large() -> SimpleUploadedFile:
    """A picture above the size that Django keeps in memory."""
    out = io.BytesIO()
    Image.effect_noise((2200, 2200), 90).save(out, "PNG")
    assert out.tell() > 2_621_440
    return SimpleUploadedFile("large.png", out.getvalue(), "image/png")


def _full(*_args: Any, **_options: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/secret/place")


@pytest.mark.parametrize("path", ["/verify/", "/api/v1/verify"])
def test_a_disk_that_fills_up_while_a_file_arrives(visitor: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryFileUploadHandler.new_file", _full)

    answer = visitor.post(path, {"file": _large()})

    text = answer.content.decode()
    assert answer.status_code == 507
    assert "The service has no room left. Nothing was stored" in text
    assert "secret" not in text
    assert (answer["Content-Type"] == "application/json") is path.startswith("/api/")


def test_a_full_disk_on_a_page_is_a_page_and_nothing_is_stored(
    visitor: Client, creator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.force_login(creator)
    monkeypatch.setattr("provenance.web.views.studio.submit", _full)

    answer = visitor.post("/studio/", {"prompt": "a harbour", "model": "colophon-mini", "size": "256", "count": "1"})

    assert (answer.status_code, "Not just now" in answer.content.decode()) == (507, True)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("error", "number", "sentence"),
    [
        (OperationalError("database or disk is full"), 503, "records cannot be reached"),
        (GenerationError("disk_full", "There is no room left.", permanent=False), 507, "There is no room left."),
        (RuntimeError("secret"), 500, "Something broke on our side"),
        (OSError(errno.EACCES, "secret"), 500, "Something broke on our side"),
    ],
)
@pytest.mark.parametrize("path", ["/healthz", "/api/v1/schema"])
def test_each_error_has_its_number_and_sentence(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, path: str, error: Exception, number: int, sentence: str
) -> None:
    def broken(_request: Any) -> None:
        raise error

    monkeypatch.setattr(
        "django.middleware.common.CommonMiddleware.process_request", lambda _self, request: broken(request)
    )

    answer = visitor.get(path)

    text = answer.content.decode()
    assert answer.status_code == number
    assert sentence in text
    assert "secret" not in text
    assert (answer["Content-Type"] == "application/json") is path.startswith("/api/")
