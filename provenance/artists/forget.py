"""What goes when a person is erased: what they gave as evidence, and their say over profiles."""

from typing import TYPE_CHECKING

from provenance.artists.models import Claim

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def forget(user: "User") -> None:
    """Empty the claims of *user* and end those that are open, inside the erasure's transaction.

    What was decided about the artist stays: a refusal protects the artist, not the account.
    """
    claims = Claim.objects.filter(claimant=user)
    claims.update(evidence="", links=[])
    claims.filter(status__in=Claim.OPEN).update(status=Claim.Status.GIVEN_UP)
