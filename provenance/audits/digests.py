"""Letters to artists: at most one a day, of all that became known since the last one."""

from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Max, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from generation.leases import new_owner
from provenance.audits.models import Digest, Subscription
from provenance.audits.resemblances import acts_for, published_between
from provenance.audits.subscribe import host, unsubscribe_address
from similarity.models import Audit

log = structlog.get_logger(__name__)

# A picture's time is read before its transaction commits: a window ends where all of them have.
SETTLED = timedelta(minutes=2)
# More pictures than these are counted in the letter, not listed.
LISTED = 50


def send_digests(now: datetime | None = None) -> int:
    """Write down what is due and send what is written down; how many letters went out.

    Safe to run in several processes at once and to be killed anywhere (see ``Digest``).
    """
    now = now or timezone.now()
    for subscription in Subscription.objects.select_related("user", "artist"):
        _write_down(subscription, now)
    due = Digest.objects.claimable([Digest.Status.DUE]).order_by("created_at")
    return sum(_send(digest, now) for digest in due)


def _write_down(subscription: Subscription, now: datetime) -> None:
    """A row for today, if there is news, none waits to be sent, and there was none today."""
    today = now.astimezone(UTC).date()
    with transaction.atomic():
        # One process at a time decides about a subscription; one that was ended meanwhile is gone.
        if not Subscription.objects.select_for_update().filter(pk=subscription.pk).exists():
            return
        if subscription.digests.filter(Q(status=Digest.Status.DUE) | Q(day=today)).exists():
            return
        sent = subscription.digests.filter(status=Digest.Status.SENT).aggregate(last=Max("until"))["last"]
        since, until = sent or subscription.created_at, now - SETTLED
        if not acts_for(subscription.user, subscription.artist):
            return
        if published_between(subscription.artist, since=since, until=until).exists():
            Digest.objects.create(subscription=subscription, day=today, since=since, until=until)


def _send(digest: Digest, now: datetime) -> bool:
    owner = new_owner()
    # One that could not be sent yesterday is today's.
    today = now.astimezone(UTC).date()
    if not Digest.objects.claim(digest.pk, owner=owner, statuses=[Digest.Status.DUE], day=today):
        return False
    digest = Digest.objects.select_related("subscription__user", "subscription__artist").get(pk=digest.pk)
    subscription = digest.subscription
    if not acts_for(subscription.user, subscription.artist) or not subscription.user.email:
        Digest.objects.finish(digest.pk, owner=owner, status=Digest.Status.FAILED, error="nobody to send it to")
        return False
    audits = list(published_between(subscription.artist, since=digest.since, until=digest.until))
    try:
        with translation.override(subscription.language):
            _letter(digest, audits).send()
    except Exception as error:  # whatever a mail server, a network or a full disk may do
        return _failed(digest, owner=owner, error=error)
    log.info("digest_sent", digest=str(digest.pk), pictures=len(audits))
    return Digest.objects.finish(
        digest.pk, owner=owner, status=Digest.Status.SENT, count=len(audits), sent_at=timezone.now(), error=""
    )


def _failed(digest: Digest, *, owner: str, error: Exception) -> bool:
    said = f"{type(error).__name__}: {error}"[:2000]
    if digest.attempts >= settings.MAX_ATTEMPTS:
        log.error("digest_failed", digest=str(digest.pk), exc_info=error)
        Digest.objects.finish(digest.pk, owner=owner, status=Digest.Status.FAILED, error=said)
    else:
        log.warning("digest_will_be_retried", digest=str(digest.pk), exc_info=error)
        Digest.objects.retry_later(digest.pk, owner=owner, attempts=digest.attempts, error=said)
    return False


def _letter(digest: Digest, audits: list[Audit]) -> EmailMessage:
    subscription = digest.subscription
    leave = unsubscribe_address(subscription)
    artist = subscription.artist
    words = {
        "artist": artist,
        "service": settings.SERVICE_NAME,
        "entries": [(audit, _page(audit)) for audit in audits[:LISTED]],
        "more": max(0, len(audits) - LISTED),
        "feed": f"{settings.ADDRESS}{reverse('web:resemblances', args=[artist.slug])}",
        "leave": leave,
    }
    subject = ngettext(
        "One published picture was found to resemble works of %(artist)s",
        "%(count)s published pictures were found to resemble works of %(artist)s",
        len(audits),
    ) % {"count": len(audits), "artist": " ".join(artist.name.split())}
    return EmailMessage(
        subject=subject,
        body=render_to_string("audits/digest.txt", words),
        to=[subscription.user.email],
        headers={
            "Message-ID": f"<{digest.pk}@{host()}>",
            # RFC 8058: mail programs end the subscription with one POST.
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


def _page(audit: Audit) -> str:
    return f"{settings.ADDRESS}{reverse('web:version-page', args=[audit.version.pk])}"
