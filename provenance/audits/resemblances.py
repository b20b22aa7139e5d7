"""What resembles an artist: the audits whose outcome named them, as far as the asker may know of them."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from provenance.artists.models import Claim
from provenance.works.models import Version
from similarity.models import Artist, Audit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def acts_for(user: "AbstractBaseUser | AnonymousUser", artist: Artist) -> bool:
    """Whether a reviewer has found that *user* is, or acts for, *artist*, and their account is open."""
    return user.is_active and Claim.objects.standing(user, artist) is not None


def resemblances(
    artist: Artist, *, user: "AbstractBaseUser | AnonymousUser", since: datetime | None = None
) -> QuerySet[Audit]:
    """Audits that named *artist*, newest first by ``known_at``, from *since* on.

    Reviewers see every one, uploads too. Whoever acts for the artist sees those of published pictures,
    which anybody may look at. To everybody else there is nothing. ``known_at`` is when the picture was
    published, of others when it was audited: a picture that was held for a week is news when it appears.
    """
    named = Audit.objects.naming(artist).annotate(known_at=Coalesce("version__published_at", "created_at"))
    if not user.has_perm("similarity.view_audit"):  # type: ignore[union-attr]
        named = named.filter(version__status=Version.Status.PUBLISHED) if acts_for(user, artist) else named.none()
    if since is not None:
        named = named.filter(known_at__gte=since)
    return named.select_related("version__work").order_by(F("known_at").desc(), F("pk").desc())


def published_between(artist: Artist, *, since: datetime, until: datetime) -> QuerySet[Audit]:
    """Of published pictures, those that became known after *since* and not after *until*, newest first."""
    return (
        Audit.objects.naming(artist)
        .filter(version__status=Version.Status.PUBLISHED)
        .annotate(known_at=F("version__published_at"))
        .filter(known_at__gt=since, known_at__lte=until)
        .select_related("version")
        .order_by("-known_at", "-pk")
    )
