"""What resembles an artist, by date, and letters about it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from provenance.audits.resemblances import acts_for
from provenance.audits.resemblances import resemblances as known
from provenance.audits.subscribe import subscribe, subscription_of, unsubscribe
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from provenance.works.errors import WorkError
from similarity.models import Artist, Audit

PER_PAGE = 20
ON_THE_ARTISTS_PAGE = 5


def block(artist: Artist, request: HttpRequest) -> dict[str, Any] | None:
    """For ``web/_resemblances.html`` on the artist's page; None for those who are told nothing."""
    acts = acts_for(request.user, artist)
    if not acts and not request.user.has_perm("similarity.view_audit"):
        return None
    latest = list(known(artist, user=request.user)[:ON_THE_ARTISTS_PAGE])
    return {"latest": latest, "stale": _stale(latest), **_letters(artist, request, acts)}


def _stale(audits: Iterable[Audit]) -> set[UUID]:
    return set(Audit.objects.filter(pk__in=[audit.pk for audit in audits]).stale().values_list("pk", flat=True))


def _letters(artist: Artist, request: HttpRequest, acts: bool) -> dict[str, Any]:
    subscribed = request.user.is_authenticated and artist.subscriptions.filter(user=request.user).exists()
    return {"artist": artist, "acts": acts, "subscribed": subscribed}


@login_required
@require_safe
def resemblances(request: SignedInRequest, slug: str) -> HttpResponse:
    """Every audit that named the artist, newest first; ``?since=YYYY-MM-DD`` begins later.

    For reviewers and whoever acts for the artist; to anybody else there is nothing here (404).
    """
    artist = get_object_or_404(Artist, slug=slug)
    acts = acts_for(request.user, artist)
    if not acts and not request.user.has_perm("similarity.view_audit"):
        raise Http404
    since, wrong = _since(request.GET.get("since", ""))
    begun = datetime.combine(since, time.min, UTC) if since else None
    page = Paginator(known(artist, user=request.user, since=begun), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "stale": _stale(page.object_list),
        "since": request.GET.get("since", ""),
        "wrong": wrong,
        "everything": request.user.has_perm("similarity.view_audit"),
        **_letters(artist, request, acts),
    }
    return render(request, "web/resemblances.html", context, status=422 if wrong else 200)


def _since(said: str) -> tuple[date | None, str]:
    if not said:
        return None, ""
    try:
        day = parse_date(said)
    except ValueError:
        day = None
    return day, "" if day else _("Write the day as year-month-day, such as 2026-03-31.")


@login_required
@require_POST
def letters(request: SignedInRequest, slug: str) -> HttpResponse:
    """Begin or, with ``end``, stop the letters about an artist."""
    artist = get_object_or_404(Artist, slug=slug)
    if "end" in request.POST:
        unsubscribe(request.user, artist)
        messages.success(request, _("You get no more letters about this."))
        return redirect("web:resemblances", slug=slug)
    try:
        subscribe(request.user, artist)
    except WorkError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Letters go to %(address)s, at most one a day.") % {"address": request.user.email})
    return redirect("web:resemblances", slug=slug)


@csrf_exempt  # the signed address is the leave to do it, and mail programs send no cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Stop the letters by the address at a letter's end: asks once, so that a link checker ends nothing."""
    try:
        subscription = subscription_of(token)
    except WorkError as error:
        return render(request, "web/unsubscribe.html", {"error": error.message}, status=status_of(error))
    artist = subscription.artist if subscription else None
    if request.method == "POST" and subscription is not None:
        subscription.delete()
        subscription = None
    return render(request, "web/unsubscribe.html", {"subscription": subscription, "artist": artist})
