"""Calibrations for reviewers: what judges now, how well, and a draft put into force or laid aside with a reason."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from provenance.web.calibration_words import tell
from provenance.web.forms import ReasonForm
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from provenance.works.thresholds import note_thresholds
from similarity.errors import SimilarityError
from similarity.models import Audit, Calibration

PER_PAGE = 20
CHANGES_KEPT_SECONDS = 600
State = Calibration.State


@login_required
@permission_required("similarity.view_calibration", raise_exception=True)
@require_safe
def calibrations(request: SignedInRequest) -> HttpResponse:
    """What is in force in each domain, what waits for a decision, and what was before."""
    rows = Calibration.objects.light()
    earlier = rows.filter(state__in=[State.RETIRED, State.REJECTED]).order_by("-created_at", "pk")
    context = {
        "in_force": [tell(row) for row in rows.filter(state=State.ACCEPTED).order_by("domain", "-decided_at")],
        "drafts": [tell(row) for row in rows.filter(state=State.DRAFT).order_by("-created_at")],
        "page": (page := Paginator(earlier, PER_PAGE).get_page(request.GET.get("page"))),
        "earlier": [tell(row) for row in page.object_list],
        "alpha": f"{100 * settings.STYLE_ALPHA:g} %",
    }
    return render(request, "web/calibrations.html", context)


@login_required
@permission_required("similarity.view_calibration", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def calibration(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One calibration with its figures; a POST decides a draft, for whoever may."""
    row = get_object_or_404(Calibration.objects.light().select_related("previous"), pk=pk)
    may_decide = request.user.has_perm("similarity.decide_calibration")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 403 if not may_decide else 422
        if may_decide and form.is_valid():
            try:
                return _decide(request, row, form.cleaned_data["reason"])
            except SimilarityError as error:
                form.add_error("reason" if error.code == "reason_missing" else None, error.message)
                status = status_of(error)
                row.refresh_from_db(fields=["state"])
    context = {
        "calibration": tell(row),
        "form": form,
        "may_decide": may_decide,
        "stale": Audit.objects.filter(domain=row.domain).stale().count() if row.state == State.ACCEPTED else 0,
        "judged": row.audits.count(),
    }
    return render(request, "web/calibration.html", context, status=status)


def _decide(request: SignedInRequest, row: Calibration, reason: str) -> HttpResponse:
    from similarity.calibration import accept, reject  # bring numpy

    decide: Callable[..., Calibration] = accept if "accept" in request.POST else reject
    decided = decide(row, reason=reason, by=request.user.get_username())
    note_thresholds()
    if decided.state == State.ACCEPTED:
        messages.success(
            request, _("The calibration is in force. Audits of before keep their outcome, marked as such.")
        )
    else:
        messages.success(request, _("The draft is laid aside."))
    return redirect("web:calibration", row.pk)


@login_required
@permission_required("similarity.view_calibration", raise_exception=True)
@require_safe
def changes(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What putting a draft into force would change: a part of its page that is worked out apart, and kept a while."""
    row = get_object_or_404(Calibration, pk=pk, state=State.DRAFT)
    context: dict[str, Any] = {"pk": row.pk}
    try:
        context["changes"] = _changes(row)
    except SimilarityError as error:
        context["error"] = error.message
    return render(request, "web/_calibration_changes.html", context)


def _changes(row: Calibration) -> dict[str, Any]:
    judged = Audit.objects.filter(encoder=row.encoder, domain=row.domain)
    key = f"calibration-changes:{row.pk}:{row.sha256}:{judged.count()}"
    if (kept := cache.get(key)) is not None:
        return dict(kept)
    from similarity.calibrate import changes as changes_of  # these bring numpy and faiss
    from similarity.encoder import load_encoder
    from similarity.index import open_index

    encoder = load_encoder()
    if encoder.fingerprint != row.encoder:
        raise SimilarityError("other_encoder", _("This draft is for another encoder than the one in use."))
    found = changes_of(row, open_index(encoder=encoder.fingerprint, dimension=encoder.dimension))
    label = dict(Audit.Outcome.choices)
    told = {
        "compared": found.compared,
        "count": sum(found.counts.values()),
        "counts": [(label[a], label[b], n) for (a, b), n in sorted(found.counts.items(), key=lambda it: -it[1])],
        "named": [
            {
                "audit": str(change.audit),
                "before": f"{label[change.before]}{_by(change.artist_before)}",
                "after": f"{label[change.after]}{_by(change.artist_after)}",
            }
            for change in found.named
        ],
    }
    cache.set(key, told, timeout=CHANGES_KEPT_SECONDS)
    return told


def _by(artist: str) -> str:
    return f": {artist}" if artist else ""
