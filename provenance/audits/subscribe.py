"""Ask for letters, and ask for no more."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from provenance.audits.models import Subscription
from provenance.audits.resemblances import acts_for
from provenance.works.errors import WorkError
from similarity.models import Artist

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SALT = "provenance.audits.unsubscribe"


def subscribe(user: "User", artist: Artist) -> Subscription:
    """The subscription, new or as it is. Raises ``WorkError``: ``not_the_artist``, ``no_address``."""
    if not acts_for(user, artist):
        raise WorkError("not_the_artist", _("Letters go to the artist, once a reviewer has found who that is."))
    if not user.email:
        raise WorkError("no_address", _("Your account has no e-mail address. Ask the operator to enter one."))
    language = get_language() or settings.LANGUAGE_CODE
    return Subscription.objects.get_or_create(user=user, artist=artist, defaults={"language": language})[0]


def unsubscribe(user: "User", artist: Artist) -> bool:
    """Whether there was a subscription to end. Letters not yet sent go with it."""
    return bool(Subscription.objects.filter(user=user, artist=artist).delete()[0])


def unsubscribe_address(subscription: Subscription) -> str:
    """Where one letter's reader ends the subscription without signing in."""
    token = signing.Signer(salt=_SALT).sign(subscription.pk.hex)
    return f"{settings.ADDRESS}{reverse('web:unsubscribe', args=[token])}"


def subscription_of(token: str) -> Subscription | None:
    """The subscription such an address is about; None when it was ended. Raises ``WorkError`` ``bad_token``."""
    try:
        pk = UUID(hex=signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise WorkError("bad_token", _("This address is not complete. Copy it from the letter again.")) from error
    return Subscription.objects.select_related("artist").filter(pk=pk).first()


def host() -> str:
    return urlsplit(settings.ADDRESS).hostname or "localhost"
