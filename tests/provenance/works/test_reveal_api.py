"""Leave that is asked for twice by one key is given once."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from provenance.ledger.models import Event
from provenance.works.models import Reveal, Version
from provenance.works.reveal import commit_to
from tests.factories import make_version, make_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def private(creator: User) -> Version:
    version = make_version(work=make_work(owner=creator))
    commit_to(version, prompt="my secret")
    return version


def ask(api: APIClient, version: Version, body: dict[str, Any], key: str | None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post(f"/api/v1/versions/{version.pk}/reveals/", body, format="json", headers=headers)


def test_a_repeated_request_reveals_once(api: APIClient, private: Version) -> None:
    api.force_authenticate(private.work.owner)
    before = Event.objects.count()

    first, again = (ask(api, private, {"recipient": "Li", "days": 3}, "k1") for _turn in range(2))
    other = ask(api, private, {"recipient": "Wang", "days": 3}, "k1")
    bad = ask(api, private, {"recipient": "Li"}, "k" * 201)

    assert (first.status_code, again.status_code, other.status_code, bad.status_code) == (201, 200, 409, 400)
    assert again.json() == first.json()
    assert (other.json()["code"], bad.json()["code"]) == ("idempotency_conflict", "bad_idempotency_key")
    assert (Reveal.objects.count(), Event.objects.count()) == (1, before + 1)


def test_without_a_key_every_request_reveals(api: APIClient, private: Version) -> None:
    api.force_authenticate(private.work.owner)
    assert [ask(api, private, {"recipient": "Li"}, None).status_code for _turn in range(2)] == [201, 201]
    assert Reveal.objects.count() == 2


def test_a_key_is_good_for_each_version(api: APIClient, private: Version) -> None:
    api.force_authenticate(private.work.owner)
    second = make_version(work=private.work, number=2)
    commit_to(second, prompt="another secret")
    assert [ask(api, one, {"recipient": "Li"}, "k1").status_code for one in (private, second)] == [201, 201]


def test_an_address_of_no_version_is_not_there(api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)
    for name in ("-" * 36, "0" * 36):
        assert api.get(f"/api/v1/versions/{name}/reveals/").status_code == 404
