"""Whose audits are whose over HTTP, and what a repeated request makes. The collection is empty here: quick."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from similarity.audit import audit_once
from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Audit
from tests.factories import make_audit
from tests.similarity.conftest import encoded, painting

pytestmark = pytest.mark.django_db
AUDITS = "/api/v1/audits/"
PICTURE, OTHER = (encoded(painting(number)) for number in (1, 2))


def ask(api: APIClient, data: bytes = PICTURE, *, key: str | None = None, prompt: str = "") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(AUDITS, {"image": SimpleUploadedFile("a.png", data), "prompt": prompt}, headers=headers)


def ids(api: APIClient) -> list[str]:
    return [row["id"] for row in api.get(AUDITS).json()["results"]]


def test_an_audit_belongs_to_the_asker(
    tiny: Encoder, api: APIClient, creator: User, stranger: User, reviewer: User
) -> None:
    api.force_authenticate(creator)
    made = ask(api).json()

    assert (made["owner"], made["outcome"], made["artists_compared"]) == ("ada", "insufficient_references", 0)
    assert Audit.objects.get().owner == creator
    for user, status in ((creator, 200), (reviewer, 200), (stranger, 404)):
        api.force_authenticate(user)
        assert ids(api) == ([made["id"]] if status == 200 else [])
        assert api.get(f"{AUDITS}{made['id']}/").status_code == status


def test_nobodys_audits_are_for_reviewers_only(api: APIClient, creator: User, reviewer: User) -> None:
    nobodys = make_audit()
    api.force_authenticate(creator)
    assert (ids(api), api.get(f"{AUDITS}{nobodys.pk}/").status_code) == ([], 404)
    api.force_authenticate(reviewer)
    assert ids(api) == [str(nobodys.pk)]


def test_nobody_signed_in_sees_or_makes_none(api: APIClient) -> None:
    make_audit()
    assert (api.get(AUDITS).status_code, ask(api).status_code, Audit.objects.count()) == (401, 401, 1)


def test_the_same_key_and_body_give_the_same_audit(tiny: Encoder, api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)

    first, again = ask(api, key="k1", prompt="a harbour"), ask(api, key="k1", prompt="a harbour")

    assert (first.status_code, again.status_code, Audit.objects.count()) == (201, 200, 1)
    assert again.json() == first.json()


@pytest.mark.parametrize(("data", "prompt"), [(OTHER, "a harbour"), (PICTURE, "a tree"), (b"text", "a harbour")])
def test_the_same_key_with_another_body_is_a_conflict(
    tiny: Encoder, api: APIClient, creator: User, data: bytes, prompt: str
) -> None:
    api.force_authenticate(creator)
    ask(api, key="k1", prompt="a harbour")

    answer = ask(api, data, key="k1", prompt=prompt)

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert answer.json()["errors"][0]["field"] == "idempotency_key"
    assert Audit.objects.count() == 1


def test_without_a_key_every_request_is_an_audit(tiny: Encoder, api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)
    assert [ask(api, key=key).status_code for key in (None, None, "")] == [201] * 3
    assert Audit.objects.count() == 3


def test_a_key_belongs_to_its_owner(tiny: Encoder, api: APIClient, creator: User, stranger: User) -> None:
    for user, data in ((creator, PICTURE), (stranger, OTHER)):
        api.force_authenticate(user)
        assert ask(api, data, key="k1").status_code == 201
    assert Audit.objects.count() == 2


def test_a_bad_key_or_a_bad_picture_makes_none_and_uses_up_no_key(tiny: Encoder, api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)
    bad = ask(api, key="k" * 201)
    assert (bad.status_code, bad.json()["code"], Audit.objects.count()) == (400, "bad_idempotency_key", 0)
    assert (ask(api, b"text", key="k1").status_code, Audit.objects.count()) == (415, 0)
    assert ask(api, key="k1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_at_once_keep_one_audit(tiny: Encoder, creator: User) -> None:
    """Given several requests that all find no earlier row, when they race, then one row is kept and all answer it."""
    start = threading.Barrier(4)
    answers: list[Any] = []

    def ask_now(data: bytes) -> Callable[[], None]:
        def run() -> None:
            start.wait()
            try:
                answers.append(audit_once(data, owner=creator, idempotency_key="k1"))
            except SimilarityError as error:
                answers.append(error)
            finally:
                connection.close()

        return run

    threads = [threading.Thread(target=ask_now(data)) for data in (PICTURE, PICTURE, PICTURE, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    kept = Audit.objects.get()
    made = [answer for answer in answers if not isinstance(answer, SimilarityError)]
    refused = [answer.code for answer in answers if isinstance(answer, SimilarityError)]
    assert {audit.pk for audit, _created in made} == {kept.pk}
    assert Counter(created for _audit, created in made)[True] == 1
    # Whichever body came first, the other one is a conflict.
    assert refused == ["idempotency_conflict"] * (4 - len(made))
    assert len(made) in (1, 3)


def test_an_audit_shares_the_limit_of_verifying(
    tiny: Encoder, api: APIClient, creator: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "verify", "1/min")
    api.force_authenticate(creator)

    assert (ask(api).status_code, ask(api).status_code) == (201, 429)
    assert api.get(AUDITS).status_code == 200
    assert Audit.objects.count() == 1
