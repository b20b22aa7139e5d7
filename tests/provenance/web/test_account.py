"""Signing in and out, and the key for programs."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

ACCOUNT = "/account/"


def test_a_new_key_is_shown_once(client: Client, creator: User) -> None:
    """Given no key, when one is made, then the answer shows it, and the next page only its end."""
    client.force_login(creator)

    made = client.post(ACCOUNT, {"action": "renew"})
    later = client.get(ACCOUNT)

    key = Token.objects.get(user=creator).key
    assert key in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert key not in later.content.decode()
    assert f"<code>{key[-4:]}</code>" in later.content.decode()


def test_renewing_ends_the_old_key_of_this_person_only(client: Client, creator: User, stranger: User) -> None:
    old, other = Token.objects.create(user=creator), Token.objects.create(user=stranger)
    client.force_login(creator)

    client.post(ACCOUNT, {"action": "renew"})

    assert not Token.objects.filter(key=old.key).exists()
    assert set(Token.objects.values_list("user", flat=True)) == {creator.pk, stranger.pk}
    assert Token.objects.filter(key=other.key).exists()


def test_a_revoked_key_is_gone(client: Client, creator: User) -> None:
    Token.objects.create(user=creator)
    client.force_login(creator)

    response = client.post(ACCOUNT, {"action": "revoke"})

    assert response.status_code == 302
    assert not Token.objects.exists()


@pytest.mark.parametrize("action", ["", "rotate", "revoke everything"])
def test_an_unknown_action_changes_nothing(client: Client, creator: User, action: str) -> None:
    token = Token.objects.create(user=creator)
    client.force_login(creator)

    client.post(ACCOUNT, {"action": action})

    assert Token.objects.get() == token


def test_signing_in_and_out(client: Client, creator: User) -> None:
    wrong = client.post(reverse("web:sign-in"), {"username": "ada", "password": "guess"})
    assert wrong.status_code == 200
    assert "_auth_user_id" not in client.session

    right = client.post(
        reverse("web:sign-in"), {"username": "ada", "password": "correct horse battery", "next": "/works/"}
    )
    assert (right.status_code, right["Location"]) == (302, "/works/")

    client.post(reverse("web:sign-out"))
    assert "_auth_user_id" not in client.session


def test_the_sign_in_leads_nowhere_else(client: Client, creator: User) -> None:
    body = {"username": "ada", "password": "correct horse battery", "next": "https://elsewhere.example/"}

    response = client.post(reverse("web:sign-in"), body)

    assert response["Location"] == reverse("web:studio")


def test_the_password_can_be_changed(client: Client, creator: User) -> None:
    client.force_login(creator)
    new = "another long sentence"

    response = client.post(
        reverse("web:password"),
        {"old_password": "correct horse battery", "new_password1": new, "new_password2": new},
    )

    assert response["Location"] == reverse("web:password-changed")
    creator.refresh_from_db()
    assert creator.check_password(new)


@pytest.mark.django_db(transaction=True)
def test_two_renewals_at_once_leave_one_key(creator: User) -> None:
    """Given a key, when it is renewed in two windows at once, then both are answered and one key is left."""
    Token.objects.create(user=creator)
    start = threading.Barrier(2)
    answers: list[tuple[int, str]] = []

    def renew() -> None:
        client = Client(raise_request_exception=False)
        client.force_login(creator)
        start.wait()
        try:
            answer = client.post(ACCOUNT, {"action": "renew"})
            answers.append((answer.status_code, answer.content.decode()))
        finally:
            connection.close()

    threads = [threading.Thread(target=renew) for _window in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [status for status, _page in answers] == [200, 200]
    key = Token.objects.get(user=creator).key
    assert sum(key in page for _status, page in answers) == 1
