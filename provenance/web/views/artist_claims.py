"""Claim an artist's profile, and see what became of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from provenance.artists.claim import claim_profile, give_up
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from provenance.web.artist_forms import ClaimForm, lines
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from similarity.models import Artist


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim_artist(request: SignedInRequest, slug: str) -> HttpResponse:
    """Claim the profile of an artist who is known here."""
    return _claim(request, get_object_or_404(Artist, slug=slug))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim_new(request: SignedInRequest) -> HttpResponse:
    """Ask for a profile of one's own."""
    return _claim(request, None)


def _claim(request: SignedInRequest, artist: Artist | None) -> HttpResponse:
    initial = {"capacity": Claim.Capacity.ARTIST, "name": request.GET.get("name", "")}
    form = ClaimForm(request.POST if request.method == "POST" else None, artist=artist, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said = dict(form.cleaned_data)
            key = said.pop("key")
            said |= {"links": lines(said["links"]), "aliases": lines(said["aliases"])}
            try:
                claim = _claimed(request, artist, f"page:{key}" if key else None, said)
            except ArtistError as error:
                status = 422 if error.field else status_of(error)
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                messages.success(request, _("Your claim is with the reviewers."))
                return redirect("web:claim", pk=claim.pk)
    open_claim = None
    if artist is not None:
        open_claim = Claim.objects.filter(
            claimant_id=request.user.pk, artist=artist, kind=Claim.Kind.PROFILE, status__in=Claim.OPEN
        ).first()
    context = {"artist": artist, "form": form, "open_claim": open_claim}
    return render(request, "web/claim_artist.html", context, status=status)


def _claimed(request: SignedInRequest, artist: Artist | None, key: str | None, said: dict[str, Any]) -> Claim:
    try:
        return claim_profile(by=request.user, artist=artist, idempotency_key=key, **said)[0]
    except ArtistError as error:
        if error.code != "idempotency_conflict":
            raise
        # The browser's Back button brought an old key together with new words: a new claim.
        return claim_profile(by=request.user, artist=artist, **said)[0]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: SignedInRequest, pk: str) -> HttpResponse:
    """A claim of one's own; a POST takes it back while it waits."""
    shown = get_object_or_404(Claim.objects.filter(claimant_id=request.user.pk).select_related("artist"), pk=pk)
    if request.method == "POST":
        try:
            give_up(shown, by=request.user)
        except ArtistError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("You took the claim back."))
        return redirect("web:claim", pk=pk)
    return render(request, "web/claim.html", {"claim": shown, "decisions": shown.decisions.all()})
