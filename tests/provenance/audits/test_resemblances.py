"""Who is told what resembles an artist."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from provenance.artists.models import Claim
from provenance.works.models import Version
from similarity.models import Artist, Audit
from tests.factories import make_audit, make_version, make_work
from tests.provenance.audits.conftest import Resembling

pytestmark = pytest.mark.django_db


def address(artist: Artist) -> str:
    return f"/api/v1/artists/{artist.pk}/resemblances/"


def feed(api: APIClient, user: User, artist: Artist, **asked: Any) -> list[dict[str, Any]]:
    api.force_authenticate(user)
    answer = api.get(address(artist), asked)
    assert answer.status_code == 200, answer.json()
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_the_artist_is_told_of_published_pictures_only(
    api: APIClient, monet: Artist, claude: User, reviewer: User, resembling: Resembling, creator: User
) -> None:
    """Given a published, a held and an uploaded picture, then the artist sees one and a reviewer three."""
    published, held = resembling(), resembling(status=Version.Status.HELD)
    upload = make_audit(owner=creator, outcome="copy", artist=monet)

    (row,) = feed(api, claude, monet)
    assert (row["id"], row["version"]) == (str(published.audit_id), str(published.pk))
    assert row["page"] == f"/v/{published.pk}"
    assert row["known_at"].startswith(f"{published.published_at:%Y-%m-%dT%H:%M:%S}")

    rows = {entry["id"]: entry for entry in feed(api, reviewer, monet)}
    assert set(rows) == {str(published.audit_id), str(held.audit_id), str(upload.pk)}
    assert (rows[str(held.audit_id)]["version"], rows[str(held.audit_id)]["page"]) == (str(held.pk), None)
    assert (rows[str(upload.pk)]["version"], rows[str(upload.pk)]["outcome"]) == (None, "copy")


def test_an_address_of_no_artist_is_not_there(api: APIClient, reviewer: User) -> None:
    api.force_authenticate(reviewer)
    for name in ("-" * 36, "0" * 36):
        assert api.get(f"/api/v1/artists/{name}/resemblances/").status_code == 404


def test_nothing_private_is_told(api: APIClient, monet: Artist, claude: User, resembling: Resembling) -> None:
    version = resembling()
    (row,) = feed(api, claude, monet)
    assert set(row) == {"id", "known_at", "outcome", "score", "p_value", "domain", "calibration", "version", "page"}
    told = str({name: value for name, value in row.items() if name not in ("id", "version", "page")})  # of hex digits
    assert version.work.title not in told
    assert "ada" not in told


def test_others_find_nothing_there(api: APIClient, monet: Artist, stranger: User, resembling: Resembling) -> None:
    """Nobody, a stranger, somebody whose claim waits or was suspended, and who acts for another artist."""
    resembling()
    assert api.get(address(monet)).status_code == 401
    other = Artist.objects.create(slug="ada", name="Ada")
    claim = Claim.objects.create(claimant=stranger, artist=monet, artist_name="Claude Monet")
    Claim.objects.create(claimant=stranger, artist=other, artist_name="Ada", status=Claim.Status.APPROVED)
    api.force_authenticate(stranger)
    for status in (Claim.Status.WAITING, Claim.Status.SUSPENDED, Claim.Status.REFUSED):
        Claim.objects.filter(pk=claim.pk).update(status=status)
        assert api.get(address(monet)).status_code == 404
    assert feed(api, stranger, other) == []


def test_outcomes_that_name_nobody_are_not_told(
    api: APIClient, monet: Artist, reviewer: User, creator: User, resembling: Resembling
) -> None:
    """The nearest artist of a comparison that judged nothing was not found to be resembled."""
    for outcome in ("not_calibrated", "no_known_artist", "insufficient_references", "failed"):
        make_audit(owner=creator, outcome=outcome, artist=monet, artist_name=monet.name)
    assert feed(api, reviewer, monet) == []


def test_a_group_names_each_of_its_artists(api: APIClient, monet: Artist, reviewer: User) -> None:
    ada = Artist.objects.create(slug="ada", name="Ada")
    group = [{"slug": "ada"}, {"slug": "claude-monet"}]
    audit = make_audit(outcome="ambiguous", artist=monet, decision={"candidates": group})
    for artist in (monet, ada):
        assert [row["id"] for row in feed(api, reviewer, artist)] == [str(audit.pk)]


def test_newest_first_by_when_it_became_known(
    api: APIClient, monet: Artist, claude: User, resembling: Resembling
) -> None:
    """A picture that was held for a month is news on the day it is published; pages follow each other."""
    now = timezone.now()
    old, new, middle = (resembling(at=now - timedelta(days=days)) for days in (9, 1, 5))

    rows = feed(api, claude, monet)
    assert [row["version"] for row in rows] == [str(v.pk) for v in (new, middle, old)]
    since = (now - timedelta(days=6)).isoformat()
    assert [row["version"] for row in feed(api, claude, monet, since=since)] == [str(new.pk), str(middle.pk)]

    first = api.get(address(monet), {"page_size": 2}).json()
    second = api.get(first["next"]).json()
    assert [row["version"] for row in first["results"] + second["results"]] == [row["version"] for row in rows]
    assert api.get(address(monet), {"since": "yesterday"}).status_code == 400


def test_deleting_the_artist_leaves_the_audit(monet: Artist, resembling: Resembling) -> None:
    resembling()
    monet.delete()
    assert Audit.objects.get().artist_name == "Claude Monet"


def test_a_version_that_resembles_nobody_is_nowhere(api: APIClient, monet: Artist, claude: User, creator: User) -> None:
    make_version(work=make_work(owner=creator))
    assert feed(api, claude, monet) == []
