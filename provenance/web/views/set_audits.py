"""Many pictures judged as one: what was asked for, one of them, and the form for another."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max, Min
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from provenance.audits.ask_set import ask_set
from provenance.audits.models import SetAudit
from provenance.audits.wording import tell
from provenance.web.forms import SetAuditForm
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from provenance.web.throttle import seconds_to_wait
from provenance.works.errors import WorkError
from provenance.works.models import Version

PER_PAGE = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def set_audits(request: SignedInRequest) -> HttpResponse:
    """The asker's sets, or everybody's for reviewers; a POST asks for another.

    Own pictures for everybody; other people's and models' for whoever may judge everybody's. A GET with a kind and
    a name has the form say which pictures there are to choose among.
    """
    initial = {name: request.GET[name] for name in ("kind", "name") if name in request.GET}
    form = SetAuditForm(request.POST if request.method == "POST" else None, initial=initial, user=request.user)
    status, wait = 200, None
    if request.method == "POST":
        status = 422
        if wait := seconds_to_wait(request, scope="set-audit"):
            form.add_error(None, _("Many requests in a short time: wait %(seconds)s seconds.") % {"seconds": wait})
            status = 429
        elif form.is_valid():
            try:
                row, _new = ask_set(owner=request.user, **form.asked())
            except WorkError as error:
                form.blame(error)
                status = status_of(error)
            else:
                return redirect("web:set-audit", row.pk)
    rows = SetAudit.objects.visible_to(request.user).select_related("owner").order_by("-created_at", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form}
    response = render(request, "web/set_audits.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@login_required
@require_safe
def set_audit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One set; while it waits the page asks again by itself."""
    rows = SetAudit.objects.visible_to(request.user).select_related("owner", "calibration")
    row = get_object_or_404(rows.defer("calibration__numbers"), pk=pk)
    generator = row.calibration.generator.get("name", "") if row.calibration else ""
    context: dict[str, Any] = {"row": row}
    if row.status == SetAudit.Status.JUDGED:
        versions = Version.objects.filter(pk__in=row.versions)
        context["told"] = tell(row.decision, generator=generator, left_out=row.left_out)
        context["made"] = versions.aggregate(first=Min("created_at"), last=Max("created_at"))
    return render(request, "web/set_audit.html", context)
