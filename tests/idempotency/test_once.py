"""The rules of a repeated request, on any row that has the columns."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import GenerationError
from generation.models import Job
from idempotency.once import Once, once
from tests.factories import make_job


def asked(owner: User, key: str | None, body: dict[str, Any] | None = None) -> Once[Job]:
    return once(mine=Job.objects.filter(owner=owner), key=key, body=body or {"a": 1}, refuse=GenerationError)


def test_a_body_is_the_same_in_any_order(creator: User) -> None:
    first, second = (asked(creator, "k", body) for body in ({"a": 1, "b": None}, {"b": None, "a": 1}))

    assert first.columns == second.columns
    assert asked(creator, "k", {"a": 1}).sha256 != first.sha256


def test_what_failed_half_way_is_undone_and_can_be_sent_again(creator: User) -> None:
    """Given a request that stores its row and then breaks, when it is sent again, then it makes its one row."""
    request = asked(creator, "k")

    def breaks() -> Job:
        make_job(owner=creator, **request.columns)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        request.make(breaks)
    assert (Job.objects.count(), request.earlier()) == (0, None)

    job, created = request.make(lambda: make_job(owner=creator, **request.columns))
    assert (created, request.earlier(), Job.objects.count()) == (True, job, 1)


def test_a_faster_request_is_answered_and_ours_undone(creator: User) -> None:
    request = asked(creator, "k")
    faster = make_job(owner=creator, **request.columns)

    row, created = request.make(lambda: make_job(owner=creator, **request.columns))

    assert (row, created, Job.objects.count()) == (faster, False, 1)


def test_a_faster_request_for_something_else_is_a_conflict(creator: User) -> None:
    make_job(owner=creator, **asked(creator, "k", {"a": 2}).columns)
    request = asked(creator, "k")

    with pytest.raises(GenerationError) as caught:
        request.make(lambda: make_job(owner=creator, **request.columns))

    assert (caught.value.code, caught.value.field) == ("idempotency_conflict", "idempotency_key")
    assert Job.objects.count() == 1


def test_another_broken_rule_is_not_taken_for_a_repeated_request(creator: User) -> None:
    def breaks() -> Job:
        raise IntegrityError("another constraint")

    with pytest.raises(IntegrityError, match="another constraint"):
        asked(creator, None).make(breaks)
    with pytest.raises(IntegrityError, match="another constraint"):
        asked(creator, "k").make(breaks)


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=210)


@given(PRINTABLE | st.text(min_size=1, max_size=210))
def test_a_key_is_printable_ascii_or_refused(key: str) -> None:
    plain = len(key) <= 200 and all(" " <= c <= "~" for c in key) and key[0] != " " and key[-1] != " "

    said = []
    try:
        said = [once(mine=Job.objects.none(), key=key, body={}, refuse=GenerationError).key]
    except GenerationError as error:
        said = [error.code]

    assert said == ([key] if plain else ["bad_idempotency_key"])
