"""What resembles an artist, on pages."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from provenance.artists.models import Claim
from provenance.audits.models import Subscription
from provenance.works.models import Version
from similarity.models import Artist, Calibration
from tests import factories
from tests.provenance.web.html import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def monet(db: None) -> Artist:
    return Artist.objects.create(slug="claude-monet", name="Claude <b>Monet")


@pytest.fixture
def claude(monet: Artist) -> User:
    user = factories.make_user("claude", email="claude@example.org")
    Claim.objects.create(claimant=user, artist=monet, artist_name="x", status=Claim.Status.APPROVED)
    return user


def picture(owner: User, artist: Artist, *, days: int = 0, status: str = "published") -> Version:
    calibration = Calibration.objects.first() or factories.make_calibration()
    audit = factories.make_judged_audit(owner=owner, artist=artist, calibration=calibration)
    version = factories.make_version(
        work=factories.make_work(owner=owner, title="Secret title"), audit=audit, status=status
    )
    if status == "published":
        Version.objects.filter(pk=version.pk).update(published_at=timezone.now() - timedelta(days=days))
    return version


def shown(client: Client, name: str = "web:resemblances", status: int = 200, since: str = "") -> Page:
    answer = client.get(reverse(name, args=["claude-monet"]), {"since": since} if since else {})
    assert answer.status_code == status
    page = Page(answer.content.decode())
    assert page.problems == []
    assert page.unlabelled() == []
    return page


def test_the_artist_sees_published_pictures_and_nothing_private(
    client: Client, creator: User, monet: Artist, claude: User
) -> None:
    calibrated, held = picture(creator, monet), picture(creator, monet, status="held")
    client.force_login(claude)

    page = shown(client)
    links = [str(link["href"]) for link in page.all("a")]
    assert reverse("web:version-page", args=[calibrated.pk]) in links
    assert not any(str(held.pk) in link for link in links)
    assert "Secret title" not in page.text
    assert "ada" not in page.text
    assert "Resembles one artist's style" in page.text


def test_since_a_day(client: Client, creator: User, monet: Artist, claude: User) -> None:
    for days in (1, 20):
        picture(creator, monet, days=days)
    client.force_login(claude)
    week_ago = f"{timezone.now() - timedelta(days=7):%Y-%m-%d}"
    for since, count in (("", 2), (week_ago, 1)):
        assert len([image for image in shown(client, since=since).all("img") if image.get("loading")]) == count
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}"
    assert "Nothing since then." in shown(client, since=tomorrow).text
    for wrong in ("yesterday", "2026-02-31"):
        assert "Write the day as year-month-day" in shown(client, status=422, since=wrong).text


def test_strangers_find_no_page_and_no_block(client: Client, creator: User, stranger: User, monet: Artist) -> None:
    picture(creator, monet)
    client.force_login(stranger)
    shown(client, status=404)
    assert "What resembles these works" not in shown(client, "web:artist").text


def test_the_block_on_the_artists_page(client: Client, creator: User, monet: Artist, claude: User) -> None:
    client.force_login(claude)
    assert "No comparison has named this artist so far." in shown(client, "web:artist").text
    picture(creator, monet)
    page = shown(client, "web:artist")
    assert "What resembles these works" in page.text
    assert reverse("web:resemblances", args=["claude-monet"]) in [link["href"] for link in page.all("a")]


def test_letters_are_asked_for_and_stopped(client: Client, claude: User, stranger: User) -> None:
    address = reverse("web:letters", args=["claude-monet"])
    client.force_login(stranger)
    client.post(address)
    assert not Subscription.objects.exists()

    client.force_login(claude)
    client.post(address)
    assert Subscription.objects.get().user == claude
    assert "You get a letter at claude@example.org" in shown(client).text
    client.post(address, {"end": "1"})
    assert not Subscription.objects.exists()
    assert "Send me a letter" in shown(client).text
