"""Letters to artists: at most one a day, nothing twice, nothing left out, whatever dies."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext
from rest_framework.test import APIClient

from provenance.artists.models import Claim
from provenance.audits import digests
from provenance.audits.digests import send_digests
from provenance.audits.models import Digest, Subscription
from provenance.audits.subscribe import subscribe, unsubscribe_address
from provenance.works.errors import WorkError
from provenance.works.models import Version
from similarity.models import Artist
from tests.factories import make_user
from tests.provenance.audits.conftest import Resembling

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def subscription(claude: User, monet: Artist) -> Subscription:
    row = subscribe(claude, monet)
    Subscription.objects.update(created_at=NOON - 10 * DAY)
    return row


def pages_of(letter: mail.EmailMessage) -> list[str]:
    return re.findall(r"/v/([0-9a-f-]{36})", str(letter.body))


def test_one_letter_a_day_tells_everything_once(subscription: Subscription, resembling: Resembling) -> None:
    first = resembling(at=NOON - 2 * DAY)
    before = resembling(at=NOON - 11 * DAY)
    assert send_digests(NOON) == 1
    second = resembling(at=NOON + timedelta(hours=1))
    assert send_digests(NOON + timedelta(hours=2)) == 0
    assert send_digests(NOON + DAY) == 1
    assert send_digests(NOON + 2 * DAY) == 0

    assert [pages_of(letter) for letter in mail.outbox] == [[str(first.pk)], [str(second.pk)]]
    assert all(str(before.pk) not in str(letter.body) for letter in mail.outbox)
    assert list(Digest.objects.order_by("day").values_list("day", "status", "count")) == [
        (NOON.date(), "sent", 1),
        ((NOON + DAY).date(), "sent", 1),
    ]


def test_a_letter_says_what_it_must_and_nothing_private(subscription: Subscription, resembling: Resembling) -> None:
    version = resembling(at=NOON - DAY)
    send_digests(NOON)
    (letter,) = mail.outbox
    assert letter.to == ["claude@example.org"]
    assert letter.subject == "One published picture was found to resemble works of Claude Monet"
    assert f"http://localhost:8000/v/{version.pk}" in letter.body
    assert "It does not say who made a picture" in letter.body
    assert "http://localhost:8000/artists/claude-monet/resemblances/" in letter.body
    assert version.work.title not in letter.body
    assert "ada" not in letter.body
    leave = unsubscribe_address(subscription)
    assert leave.rpartition("/")[0].rpartition("/")[0] == "http://localhost:8000/letters/stop"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "http://localhost:8000/letters/stop/" in letter.extra_headers["List-Unsubscribe"]


def test_no_news_no_letter(subscription: Subscription, resembling: Resembling) -> None:
    resembling(status=Version.Status.HELD)
    assert send_digests(NOON) == 0
    assert not Digest.objects.exists()


def test_what_is_published_this_very_moment_waits_for_the_next(
    subscription: Subscription, resembling: Resembling
) -> None:
    """Its transaction may not have been over when the window was read; then it would be told by no letter."""
    early, late = resembling(at=NOON - timedelta(hours=1)), resembling(at=NOON - timedelta(seconds=5))
    send_digests(NOON)
    send_digests(NOON + DAY)
    assert [pages_of(letter) for letter in mail.outbox] == [[str(early.pk)], [str(late.pk)]]


class Killed(BaseException):
    """The process ends here."""


def _die(*args: Any, **kwargs: Any) -> None:
    raise Killed


def test_killed_before_it_is_sent(
    subscription: Subscription, resembling: Resembling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a process that dies with the letter unsent, then another sends it, once, when the lease is over."""
    version = resembling(at=NOON - DAY)
    with monkeypatch.context() as dying:
        dying.setattr(digests, "_letter", _die)
        with pytest.raises(Killed):
            send_digests(NOON)
    assert send_digests(NOON) == 0, "somebody may still be at it"
    Digest.objects.update(lease_until=timezone.now() - DAY)
    assert send_digests(NOON) == 1
    assert send_digests(NOON) == 0
    assert [pages_of(letter) for letter in mail.outbox] == [[str(version.pk)]]


def test_killed_after_it_was_sent(
    subscription: Subscription, resembling: Resembling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the same letter goes out under the same Message-ID, and the next window begins where it ended."""
    resembling(at=NOON - DAY)
    with monkeypatch.context() as dying:
        dying.setattr(digests.log, "info", _die)
        with pytest.raises(Killed):
            send_digests(NOON)
    Digest.objects.update(lease_until=timezone.now() - DAY)
    resembling(at=NOON + timedelta(hours=1))
    assert send_digests(NOON + timedelta(hours=2)) == 1
    first, again = mail.outbox
    assert first.extra_headers["Message-ID"] == again.extra_headers["Message-ID"]
    assert (first.subject, first.body) == (again.subject, again.body)
    assert Digest.objects.count() == 1


def test_a_mail_server_that_fails_is_asked_again(
    subscription: Subscription, resembling: Resembling, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """And after the last try nothing is lost: the next day's letter begins where the last sent one ended."""
    settings.MAX_ATTEMPTS = 2
    version = resembling(at=NOON - DAY)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError("no mail today")

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuse)
        assert send_digests(NOON) == 0
        digest = Digest.objects.get()
        assert (digest.status, digest.attempts) == ("due", 1)
        assert "no mail today" in digest.error
        assert send_digests(NOON) == 0, "it waits"
        assert Digest.objects.get().attempts == 1
        Digest.objects.update(lease_until=None)
        assert send_digests(NOON) == 0
    assert Digest.objects.get().status == "failed"
    assert send_digests(NOON) == 0
    assert send_digests(NOON + DAY) == 1
    assert [pages_of(letter) for letter in mail.outbox] == [[str(version.pk)]]


def test_a_letter_that_could_not_go_out_yesterday_is_todays(
    subscription: Subscription, resembling: Resembling, monkeypatch: pytest.MonkeyPatch
) -> None:
    resembling(at=NOON - DAY)
    with monkeypatch.context() as dying:
        dying.setattr(digests, "_letter", _die)
        with pytest.raises(Killed):
            send_digests(NOON)
    Digest.objects.update(lease_until=None)
    resembling(at=NOON + timedelta(hours=1))
    assert send_digests(NOON + DAY) == 1
    assert send_digests(NOON + DAY) == 0, "one a day"
    assert send_digests(NOON + 2 * DAY) == 1
    assert [len(pages_of(letter)) for letter in mail.outbox] == [1, 1]


def test_nobody_gets_letters_who_no_longer_acts_for_the_artist(
    subscription: Subscription, resembling: Resembling, monkeypatch: pytest.MonkeyPatch
) -> None:
    resembling(at=NOON - DAY)
    Claim.objects.update(status=Claim.Status.SUSPENDED)
    assert send_digests(NOON) == 0
    assert not Digest.objects.exists()

    Claim.objects.update(status=Claim.Status.APPROVED)
    with monkeypatch.context() as dying:
        dying.setattr(digests, "_letter", _die)
        with pytest.raises(Killed):
            send_digests(NOON)
    Digest.objects.update(lease_until=None)
    Claim.objects.update(status=Claim.Status.SUSPENDED)
    assert send_digests(NOON) == 0
    assert mail.outbox == []


def test_only_the_artist_subscribes(api: APIClient, monet: Artist, claude: User, stranger: User) -> None:
    address = f"/api/v1/artists/{monet.pk}/resemblances/subscription/"
    for user, status, code in ((stranger, 403, "not_the_artist"), (claude, 200, None)):
        api.force_authenticate(user)
        answer = api.post(address)
        assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert api.post(address).status_code == 200
    assert list(Subscription.objects.values_list("user__username", flat=True)) == ["claude"]
    assert api.delete(address).status_code == 204
    assert not Subscription.objects.exists()


def test_an_account_without_an_address_gets_no_letters(monet: Artist) -> None:
    user = make_user("paul")
    Claim.objects.create(claimant=user, artist=monet, artist_name="x", status=Claim.Status.APPROVED)
    with pytest.raises(WorkError, match="no e-mail address"):
        subscribe(user, monet)


def test_letters_come_in_the_language_they_were_asked_for_in(
    claude: User, monet: Artist, resembling: Resembling
) -> None:
    with translation.override("zh-hans"):
        subscribe(claude, monet)
    Subscription.objects.update(created_at=NOON - 10 * DAY)
    resembling(at=NOON - DAY)

    assert send_digests(NOON) == 1

    (letter,) = mail.outbox
    with translation.override("zh-hans"):
        assert gettext("All of them, by date:") in letter.body
    assert "All of them, by date:" not in letter.body
    assert "was found to resemble" not in letter.subject


def test_the_address_in_a_letter_ends_it_without_signing_in(subscription: Subscription, client: Client) -> None:
    """Opening it ends nothing (link checkers do that); posting does, from a mail program without a cookie."""
    strict = Client(enforce_csrf_checks=True)
    page = unsubscribe_address(subscription).removeprefix("http://localhost:8000")
    assert "Claude Monet" in strict.get(page).content.decode()
    assert Subscription.objects.count() == 1
    assert strict.post(page, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscription.objects.exists()
    assert "No more letters are sent" in strict.get(page).content.decode()
    assert strict.post(page[:-2] + "x/").status_code == 400
