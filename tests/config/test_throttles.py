"""A person is one person to the limits: by session or by key, on the pages or over the API."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from generation.models import Job

pytestmark = pytest.mark.django_db
Limit = Callable[[str, str], None]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Limit:
    return lambda scope, rate: monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, scope, rate)


def with_key(user: User) -> APIClient:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0].key}")
    return api


def signed_in(user: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def by_api(client: Client) -> int:
    return client.post("/api/v1/verify", {"image": SimpleUploadedFile("a.png", b"text")}).status_code


def by_page(client: Client) -> int:
    return client.post("/verify/", {"file": SimpleUploadedFile("a.png", b"text")}).status_code


def test_verifying_is_counted_once_for_a_person(limit: Limit, creator: User, stranger: User) -> None:
    limit("verify", "3/min")

    assert [by_page(signed_in(creator)), by_api(signed_in(creator)), by_api(with_key(creator))] == [415] * 3
    assert [by_page(signed_in(creator)), by_api(signed_in(creator)), by_api(with_key(creator))] == [429] * 3

    # Others at the same address have limits of their own: another person, and who is not signed in.
    assert [by_page(signed_in(stranger)), by_api(with_key(stranger)), by_api(Client()), by_page(Client())] == [415] * 4


def test_a_wrong_key_is_said_to_be_wrong(creator: User) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token nonsense")
    assert by_api(client) == 401


def test_asking_for_pictures_is_counted_once_for_a_person(
    limit: Limit, client: Client, creator: User, stranger: User
) -> None:
    limit("create-job", "2/min")
    client.force_login(creator)
    body = {"prompt": "a harbour", "model": "colophon-mini", "count": 1}

    assert client.post("/studio/", body).status_code == 302
    assert with_key(creator).post("/api/v1/jobs/", {"prompt": "a tree"}, format="json").status_code == 201
    refused = client.post("/studio/", body)
    assert with_key(creator).post("/api/v1/jobs/", {"prompt": "a tree"}, format="json").status_code == 429

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    page = refused.content.decode()
    assert "wait a minute" in page
    assert "a harbour" in page  # what was typed is not lost
    assert Job.objects.count() == 2
    client.force_login(stranger)
    assert client.post("/studio/", body).status_code == 302


def test_what_the_form_refuses_is_not_counted(limit: Limit, client: Client, creator: User) -> None:
    limit("create-job", "1/min")
    client.force_login(creator)
    assert client.post("/studio/", {"prompt": ""}).status_code == 422
    assert client.post("/studio/", {"prompt": "a harbour", "model": "colophon-mini", "count": 1}).status_code == 302


def test_a_person_with_many_addresses_is_counted_once(limit: Limit) -> None:
    """Given that one line has 2⁶⁴ addresses of IPv6, all of a /64 share one budget, on pages as over the API."""
    limit("verify", "2/min")

    def ask(address: str) -> list[int]:
        return [by_page(Client(REMOTE_ADDR=address)), by_api(Client(REMOTE_ADDR=address))]

    assert ask("2001:db8:0:1::1") == [415, 415]
    assert ask("2001:db8:0:1:ffff::2") == [429, 429]
    assert ask("2001:db8:0:2::1") == [415, 415]
    assert ask("192.0.2.1") == [415, 415]
    assert ask("192.0.2.2") == [415, 415]
