"""The reviewer's desk: what is waiting, what was decided, and one case with all its facts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from provenance.artists.models import Claim
from provenance.review.audit_again import ask_again, could_not_judge
from provenance.review.decide import decide
from provenance.review.errors import ReviewError
from provenance.review.models import Case, Decision
from provenance.web.colophon import tell
from provenance.web.forms import DecisionForm
from provenance.web.requests import SignedInRequest

PER_PAGE = 20
FIELD_OF_CODE = {
    "unknown_ruling": "ruling",
    "reason_required": "reason",
    "reason_too_long": "reason",
}


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_safe
def queue(request: SignedInRequest) -> HttpResponse:
    """Open cases, the longest waiting first; ``?reason=`` narrows them."""
    waiting = Case.objects.filter(decision__isnull=True).select_related("version__work__owner", "version__audit")
    counts = {value: waiting.filter(reason=value).count() for value in Case.Reason.values}
    reason = request.GET.get("reason", "")
    if reason in Case.Reason.values:
        waiting = waiting.filter(reason=reason)
    page = Paginator(waiting.order_by("opened_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    reasons = [(value, label, counts[value]) for value, label in Case.Reason.choices]
    context = {"page": page, "reason": reason, "reasons": reasons, "total": sum(counts.values())}
    context["claims"] = Claim.objects.waiting().count()
    context["decided"] = Decision.objects.count()
    return render(request, "web/queue.html", context)


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_safe
def decided(request: SignedInRequest) -> HttpResponse:
    """Decided cases, the latest first; ``?ruling=`` narrows them."""
    ruling = request.GET.get("ruling", "")
    counts = {value: Decision.objects.filter(ruling=value).count() for value in Decision.Ruling.values}
    cases = Case.objects.filter(decision__isnull=False).select_related("version__work__owner", "decision__reviewer")
    if ruling in counts:
        cases = cases.filter(decision__ruling=ruling)
    context = {
        "page": Paginator(cases.order_by("-decision__made_at", "-pk"), PER_PAGE).get_page(request.GET.get("page")),
        "ruling": ruling,
        "rulings": [(value, label, counts[value]) for value, label in Decision.Ruling.choices],
        "total": sum(counts.values()),
    }
    return render(request, "web/decided.html", context)


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: SignedInRequest, pk: str) -> HttpResponse:
    """One case; a POST decides it."""
    cases = Case.objects.select_related(
        "version__work__owner", "version__output__job__passport", "version__audit__calibration", "decision__reviewer"
    ).defer("version__audit__calibration__numbers", "version__audit__vector")
    shown = get_object_or_404(cases, pk=pk)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                decision = decide(case=shown, reviewer=request.user, **form.cleaned_data)
            except ReviewError as error:
                form.add_error(FIELD_OF_CODE.get(error.code), error.message)
                status = 409 if error.code in ("already_decided", "audit_changed") else 422
                shown = get_object_or_404(cases, pk=pk)
            else:
                told = (
                    _("Published “%(title)s”.")
                    if decision.ruling == Decision.Ruling.PUBLISH
                    else _("Refused “%(title)s”.")
                )
                messages.success(request, told % {"title": shown.version.work.title})
                return redirect("web:queue")
    context = {
        "case": shown,
        "version": shown.version,
        "work": shown.version.work,
        "account": tell(shown.version, asker=request.user),
        "decision": getattr(shown, "decision", None),
        "again": shown.second_audits.select_related("after").first(),
        "may_audit_again": could_not_judge(Case.objects.filter(pk=shown.pk)).exists(),
        "may_report": True,
        "own": shown.version.work.owner_id == request.user.pk,
        "form": form,
    }
    return render(request, "web/case.html", context, status=status)


@login_required
@permission_required("review.decide_case", raise_exception=True)
@require_POST
def audit_again(request: SignedInRequest, pk: str) -> HttpResponse:
    """Have the picture of a case audited again; the case's page tells what came of it."""
    try:
        ask_again(
            case=get_object_or_404(Case.objects.select_related("version__work", "version__audit"), pk=pk),
            by=request.user,
        )
    except ReviewError as error:
        messages.error(request, error.message)
    return redirect("web:case", pk)
