"""Who decides for an artist."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from similarity.models import Artist

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def acting_for(user: "AbstractBaseUser | AnonymousUser", artist: Artist) -> Claim:
    """The approved claim by which *user* decides for *artist*. Raises ``ArtistError`` ``not_your_profile``."""
    claim = Claim.objects.standing(user, artist)
    if claim is None:
        raise ArtistError(
            "not_your_profile",
            _("Only whoever a reviewer found to be, or to act for, this artist can do this. Claim the profile first."),
        )
    return claim
