"""An artist, somebody who acts for them, and pictures that resemble them."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import User

from provenance.artists.models import Claim
from provenance.works.models import Version
from similarity.models import Artist, Audit
from tests.factories import make_audit, make_user, make_version, make_work


@pytest.fixture
def monet(db: None) -> Artist:
    return Artist.objects.create(slug="claude-monet", name="Claude Monet")


@pytest.fixture
def claude(monet: Artist) -> User:
    """Whom a reviewer found to be Claude Monet."""
    user = make_user("claude", email="claude@example.org")
    Claim.objects.create(claimant=user, artist=monet, artist_name=monet.name, status=Claim.Status.APPROVED)
    return user


Resembling = Callable[..., Version]


@pytest.fixture
def resembling(monet: Artist, creator: User) -> Resembling:
    """A version of ada's whose audit named the artist: published, at a moment if one is given."""

    def make(*, status: str = Version.Status.PUBLISHED, at: datetime | None = None, outcome: str = "") -> Version:
        audit = make_audit(
            owner=creator, outcome=outcome or Audit.Outcome.STYLE_MATCH, artist=monet, artist_name=monet.name
        )
        version = make_version(work=make_work(owner=creator), status=status, audit=audit)
        if at is not None:
            Version.objects.filter(pk=version.pk).update(published_at=at)
        return version

    return make
