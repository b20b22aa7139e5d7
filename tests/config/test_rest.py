"""Every API error has one shape."""

import base64
import errno
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.test import APIClient

from config.rest import exception_handler, problem
from generation.errors import GenerationError
from generation.models import Job
from provenance.credentials.errors import CredentialError
from provenance.review.errors import ReviewError
from similarity.errors import SimilarityError
from similarity.models import Audit


def test_an_engine_error_keeps_its_code_and_sentence() -> None:
    response = exception_handler(GenerationError("prompt_empty", "Write a prompt."), {})
    assert response is not None
    assert (response.status_code, response.data) == (400, problem("prompt_empty", "Write a prompt."))


def test_conflicts_are_409_and_refusals_403() -> None:
    conflict = exception_handler(GenerationError("idempotency_conflict", "Other body."), {})
    refused = exception_handler(ReviewError("own_work", "No."), {})
    assert conflict is not None
    assert refused is not None
    assert (conflict.status_code, refused.status_code) == (409, 403)


def test_field_errors_are_flattened() -> None:
    detail: Any = {"a": ["wrong"], "b": {"c": [exceptions.ErrorDetail("no", code="null")]}}
    response = exception_handler(exceptions.ValidationError(detail), {})
    assert response is not None
    assert response.data["errors"] == [
        {"field": "a", "code": "invalid", "detail": "wrong"},
        {"field": "b.c", "code": "null", "detail": "no"},
    ]


def test_not_found_and_throttled_have_codes() -> None:
    missing = exception_handler(Http404(), {})
    slow = exception_handler(exceptions.Throttled(wait=3), {})
    assert missing is not None
    assert slow is not None
    assert (missing.status_code, missing.data["code"]) == (404, "not_found")
    assert (slow.status_code, slow.data["code"]) == (429, "throttled")


def test_an_unknown_error_stays_unhandled() -> None:
    assert exception_handler(RuntimeError("boom"), {}) is None


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (CredentialError("trust_list_unreadable", "Mend it."), 503, "trust_list_unreadable"),
        (SimilarityError("index_unwritable", "Make room.", permanent=False), 503, "index_unwritable"),
        (SimilarityError("truncated_image", "Cut off."), 400, "truncated_image"),
        (OperationalError("database is locked"), 503, "database_unavailable"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "disk_full"),
    ],
)
def test_what_is_our_fault_is_not_said_to_be_the_askers(error: Exception, status: int, code: str) -> None:
    response = exception_handler(error, {})
    assert response is not None
    assert (response.status_code, response.data["code"]) == (status, code)
    assert str(error) not in response.data["detail"] or hasattr(error, "message")


@pytest.mark.parametrize("position", ["notadate", "2026-13-45", "\x00", "p"])
def test_a_forged_cursor_is_not_found(api: APIClient, creator: User, position: str) -> None:
    api.force_authenticate(creator)
    cursor = base64.b64encode(f"p={position}".encode()).decode()

    response = api.get("/api/v1/jobs/", {"cursor": cursor})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "asked", [{"created_after": "0001-01-01T00:00:00+14:00"}, {"created_before": "9999-12-31T23:59:59-12:00"}]
)
def test_a_date_out_of_the_calendar_is_a_problem_not_a_crash(
    api: APIClient, creator: User, asked: dict[str, str]
) -> None:
    api.force_authenticate(creator)

    response = api.get("/api/v1/jobs/", asked)

    # PostgreSQL can compare with such a date, SQLite cannot.
    assert (response.status_code, response.json().get("code")) in [(400, "parse_error"), (200, None)]


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", b"[" * 100_000, 400, "parse_error"),
        ("application/json", b'{"prompt": "' + b"a" * 3_000_000 + b'"}', 413, "body_too_large"),
        ("application/x-www-form-urlencoded", b"prompt=" + b"a" * 3_000_000, 413, "body_too_large"),
    ],
)
def test_a_body_that_is_too_much(api: APIClient, creator: User, kind: str, body: bytes, status: int, code: str) -> None:
    api.force_authenticate(creator)

    response = api.post("/api/v1/jobs/", body, content_type=kind)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Job.objects.exists()


def test_a_picture_of_200_mb_is_refused_unread(api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)

    for address in ("/api/v1/audits/", "/api/v1/verify"):
        response = api.post(address, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="209715200")
        assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert not Audit.objects.exists()


def test_a_forged_address_does_not_give_a_throttle_of_its_own(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "verify", "1/min")

    answers = [api.post("/api/v1/verify", {}, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}") for number in range(3)]

    assert [answer.status_code for answer in answers] == [400, 429, 429]
