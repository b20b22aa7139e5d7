"""The reviewer's desk, for claims to artists' profiles."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from provenance.artists.decide import decide, rulings_for
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from provenance.web.artist_forms import ClaimDecisionForm
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from similarity.letters import fold
from similarity.models import Artist

PER_PAGE = 20


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_safe
def claims(request: SignedInRequest) -> HttpResponse:
    """Claims by ``?status=``: those that wait, the longest first, unless others are asked for."""
    status = request.GET.get("status", "")
    if status not in Claim.Status.values:
        status = Claim.Status.WAITING
    counts = [(value, label, Claim.objects.filter(status=value).count()) for value, label in Claim.Status.choices]
    order = ("created_at", "pk") if status == Claim.Status.WAITING else ("-created_at", "-pk")
    found = Claim.objects.filter(status=status).select_related("claimant").order_by(*order)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/claims.html", {"page": page, "status": status, "counts": counts})


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def review_claim(request: SignedInRequest, pk: str) -> HttpResponse:
    """One claim with what speaks for it; a POST decides it."""
    rows = Claim.objects.select_related("claimant", "artist")
    shown = get_object_or_404(rows, pk=pk)
    rulings = rulings_for(shown)
    form = ClaimDecisionForm(request.POST if request.method == "POST" else None, rulings=rulings)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                decision = decide(claim=shown, reviewer=request.user, **form.cleaned_data)
            except ArtistError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
                status = 422 if error.field else status_of(error)
                shown = get_object_or_404(rows, pk=pk)
                # What somebody else decided meanwhile leaves nothing of this form to be chosen.
                rulings = [ruling for ruling in rulings if ruling in rulings_for(shown)]
            else:
                told = {"ruling": capfirst(decision.get_ruling_display()), "name": shown.artist_name}
                messages.success(request, _("%(ruling)s: %(name)s") % told)
                return redirect("web:review-claims")
    context = {
        "claim": shown,
        "decisions": shown.decisions.select_related("reviewer"),
        "others": Claim.objects.filter(artist=shown.artist, status__in=Claim.OPEN, kind=Claim.Kind.PROFILE)
        .exclude(pk=shown.pk)
        .select_related("claimant")
        if shown.artist
        else Claim.objects.none(),
        "namesakes": _namesakes(shown),
        "own": shown.claimant_id == request.user.pk,
        "rulings": rulings,
        "form": form,
    }
    return render(request, "web/review_claim.html", context, status=status)


def _namesakes(claim: Claim) -> list[Artist]:
    """Profiles that a new one may be meant for, or that already have one of the names."""
    wanted = {fold(name) for name in (claim.artist_name, *map(str, claim.aliases))}
    rows = Artist.objects.values_list("pk", "name", "aliases")
    same = [
        pk
        for pk, name, aliases in rows
        if pk != claim.artist_id and wanted & {fold(str(one)) for one in (name, *aliases)}
    ]
    return list(Artist.objects.filter(pk__in=same))
