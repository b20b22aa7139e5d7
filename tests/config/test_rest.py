"""Every API error has one shape."""

from typing import Any

from django.http import Http404
from rest_framework import exceptions

from config.rest import exception_handler, problem
from generation.errors import GenerationError
from provenance.review.errors import ReviewError


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
