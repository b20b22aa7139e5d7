"""Many pictures judged as one: what was asked for, one of them, and the form for another."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
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

PER_PAGE = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def set_audits(request: SignedInRequest) -> HttpResponse:
    """The asker's sets, or everybody's for reviewers; a POST asks for another.

    Own pictures for everybody; other people's and models' for whoever may judge everybody's.
    """
    everybodys = request.user.has_perm("audits.audit_everybody")
    form = SetAuditForm(request.POST if request.method == "POST" else None, everybodys=everybodys)
    status, wait = 200, None
    if request.method == "POST":
        status = 422
        if wait := seconds_to_wait(request, scope="set-audit"):
            form.add_error(None, _("Many requests in a short time: wait %(seconds)s seconds.") % {"seconds": wait})
            status = 429
        elif form.is_valid():
            try:
                row, _new = ask_set(owner=request.user, **form.asked(request.user))
            except WorkError as error:
                form.add_error("name" if error.field and everybodys else None, error.message)
                status = status_of(error)
            else:
                return redirect("web:set-audit", row.pk)
    rows = SetAudit.objects.visible_to(request.user).select_related("owner").order_by("-created_at", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "everybodys": everybodys}
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
    judged = row.status == SetAudit.Status.JUDGED
    told = tell(row.decision, generator=generator, left_out=row.left_out) if judged else None
    return render(request, "web/set_audit.html", {"row": row, "told": told})
