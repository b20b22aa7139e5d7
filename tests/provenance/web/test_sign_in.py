"""A pause after wrong passwords, that keeps out nobody else."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from provenance.web import sign_in

PASSWORD = "correct horse battery"
PAGES = ("/sign-in/", "/admin/login/")


def _try(client: Client, page: str, password: str, *, username: str = "ada", address: str = "192.0.2.1") -> Any:
    return client.post(page, {"username": username, "password": password}, REMOTE_ADDR=address)


@pytest.fixture
def ada(creator: User) -> User:
    creator.is_staff = True
    creator.save()
    return creator


def _signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("page", PAGES)
def test_after_five_wrong_passwords_there_is_a_pause(client: Client, ada: User, page: str) -> None:
    tries = [_try(client, page, "guess").status_code for _ in range(6)]
    right = _try(client, page, PASSWORD)

    assert tries == [200, 200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert "Wait 1 minute, then try again." in right.content.decode()
    assert 0 < int(right["Retry-After"]) <= sign_in.PAUSE_SECONDS
    assert not _signed_in(client)


@pytest.mark.parametrize("page", PAGES)
def test_the_right_password_from_elsewhere_is_not_kept_out(client: Client, ada: User, page: str) -> None:
    for _ in range(6):
        _try(client, page, "guess")

    assert _try(client, page, PASSWORD, address="198.51.100.7").status_code == 302
    assert _signed_in(client)


def test_both_pages_share_the_pause_and_other_accounts_do_not(client: Client, ada: User, stranger: User) -> None:
    for _ in range(5):
        _try(client, "/sign-in/", "guess")

    assert _try(client, "/admin/login/", PASSWORD).status_code == 429
    assert _try(client, "/sign-in/", PASSWORD, username="ADA").status_code == 429
    assert _try(client, "/sign-in/", PASSWORD, username="ben").status_code == 302


def test_the_right_password_forgets_the_wrong_ones(client: Client, ada: User) -> None:
    for _round in range(3):
        for _ in range(4):
            assert _try(client, "/sign-in/", "guess").status_code == 200
        assert _try(client, "/sign-in/", PASSWORD).status_code == 302
        client.logout()


def test_the_pause_ends_and_the_next_is_longer(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("provenance.web.sign_in.time.time", lambda: now)
    for _ in range(5):
        _try(client, "/sign-in/", "guess")
    waits = []
    for _round in range(7):
        answer = _try(client, "/sign-in/", "guess")
        waits.append(int(answer["Retry-After"]))
        now += waits[-1]
        assert _try(client, "/sign-in/", "guess").status_code == 200

    assert waits == [30, 60, 120, 240, 480, 900, 900]
    now += 900
    assert _try(client, "/sign-in/", PASSWORD).status_code == 302


def test_one_address_cannot_try_many_accounts(client: Client, ada: User) -> None:
    tries = [
        _try(client, "/sign-in/", "guess", username=f"user{n}", address=f"2001:db8::{n:x}").status_code
        for n in range(1, 52)
    ]

    assert tries == [200] * 50 + [429]
    assert _try(client, "/sign-in/", PASSWORD, address="2001:db8:1::1").status_code == 302


def test_reading_the_page_counts_nothing_and_no_name_is_too_odd(client: Client, ada: User) -> None:
    for _ in range(9):
        assert client.get("/sign-in/").status_code == 200
    for name in ("", "x" * 100_000, "\x00", "ａｄａ"):
        assert _try(client, "/sign-in/", "guess", username=name).status_code == 200


def test_the_address_a_stranger_claims_is_not_believed(client: Client, ada: User) -> None:
    for n in range(5):
        client.post("/sign-in/", {"username": "ada", "password": "guess"}, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")

    assert client.post("/sign-in/", {"username": "ada", "password": PASSWORD}).status_code == 429


def test_what_is_kept_is_small_and_holds_no_name(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(cache, "set", lambda key, value, timeout: kept.__setitem__(key, (value, timeout)))
    _try(client, "/sign-in/", "guess", username="ada" * 1000)

    assert len(kept) == 2
    assert all(len(key) == len("sign-in:") + 64 for key in kept)
    assert {timeout for _value, timeout in kept.values()} == {sign_in.REMEMBERED_SECONDS}


CHANGES = ("/account/password/", "/admin/password_change/")
NEW = "another long sentence"


def _change(client: Client, page: str, old: str, *, new: str = NEW, address: str = "192.0.2.1", **more: str) -> Any:
    body = {"old_password": old, "new_password1": new, "new_password2": new, **more}
    return client.post(page, body, REMOTE_ADDR=address)


@pytest.mark.parametrize("page", CHANGES)
def test_guesses_at_the_old_password_are_paused(client: Client, ada: User, page: str) -> None:
    """Given somebody at a desk that was left signed in, five guesses are free, whatever else is sent with them."""
    client.force_login(ada)
    tries = [_change(client, page, "guess", username=f"other{n}").status_code for n in range(6)]
    right = _change(client, page, PASSWORD)

    assert tries == [200, 200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert 0 < int(right["Retry-After"]) <= sign_in.PAUSE_SECONDS
    assert 'href="/account/"' in right.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert _change(client, page, PASSWORD, address="198.51.100.7").status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_changing_and_signing_in_share_the_pause(client: Client, ada: User, stranger: User) -> None:
    client.force_login(ada)
    for n in range(5):
        _change(client, CHANGES[n % 2], "guess")

    assert _try(Client(), "/sign-in/", PASSWORD).status_code == 429
    client.force_login(stranger)
    assert _change(client, CHANGES[0], PASSWORD).status_code == 302


@pytest.mark.parametrize("page", CHANGES)
def test_a_new_password_that_is_too_weak_is_no_guess(client: Client, ada: User, page: str) -> None:
    client.force_login(ada)

    assert [_change(client, page, PASSWORD, new="short").status_code for _ in range(7)] == [200] * 7
    assert _change(client, page, PASSWORD).status_code == 302


@pytest.mark.parametrize("page", CHANGES)
def test_whoever_is_not_signed_in_forgets_no_wrong_password(client: Client, ada: User, page: str) -> None:
    """Given four wrong passwords, a change that leads to the sign-in page is no right one."""
    for _ in range(4):
        _try(client, "/sign-in/", "guess")
    assert _change(client, page, PASSWORD, username="ada").status_code == 302
    _try(client, "/sign-in/", "guess")

    assert _try(client, "/sign-in/", PASSWORD).status_code == 429
