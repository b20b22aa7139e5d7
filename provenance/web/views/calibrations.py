"""Calibrations for reviewers: what judges now, how well, and a draft put into force or laid aside with a reason."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from provenance.audits.calibration_drafts import accept, reject, what_would_change
from provenance.web.calibration_words import tell
from provenance.web.forms import ReasonForm
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from similarity.errors import SimilarityError
from similarity.models import Audit, Calibration

PER_PAGE = 20
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
        "stale": row.stale_audits(),
        "judged": row.audits.count(),
    }
    return render(request, "web/calibration.html", context, status=status)


def _decide(request: SignedInRequest, row: Calibration, reason: str) -> HttpResponse:
    decide = accept if "accept" in request.POST else reject
    decided = decide(row, reason=reason, by=request.user.get_username())
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
        found = what_would_change(row)
        context |= {"pictures": _told(found), "sets": _told(found["sets"])}
    except SimilarityError as error:
        context["error"] = error.message
    return render(request, "web/_calibration_changes.html", context)


def _told(found: dict[str, Any]) -> dict[str, Any]:
    label = dict(Audit.Outcome.choices)
    return {
        "compared": found["compared"],
        "count": found["changed"],
        "counts": [(label[of["before"]], label[of["after"]], of["audits"]) for of in found["counts"]],
        "named": [
            {
                "audit": change["audit"],
                "before": f"{label[change['before']]}{_by(change['artist_before'])}",
                "after": f"{label[change['after']]}{_by(change['artist_after'])}",
            }
            for change in found["named"]
        ],
    }


def _by(artist: str) -> str:
    return f": {artist}" if artist else ""
