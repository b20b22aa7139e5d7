"""Compare a picture with the works on record, and read what was found."""

import hashlib
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from provenance.web.audit_form import AuditForm
from provenance.web.comparison import compare
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from provenance.web.throttle import seconds_to_wait
from similarity.errors import SimilarityError
from similarity.models import Audit, AuditQuerySet
from similarity.pictures import too_large
from similarity.uploads import refuse_declared_size

PER_PAGE = 20


# The token is checked below: that reads the whole upload, whose size is looked at first.
@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def audits(request: SignedInRequest) -> HttpResponse:
    """The form, and the asker's own comparisons; a POST makes another and leads to it."""
    if request.method != "POST":
        return _page(request, AuditForm())
    try:
        refuse_declared_size(request)
    except SimilarityError as error:
        return _page(request, AuditForm(), error=error.message, status=status_of(error))
    response: HttpResponse = _compare(request)
    return response


@csrf_protect
def _compare(request: HttpRequest) -> HttpResponse:
    form = AuditForm(request.POST, request.FILES)
    if wait := seconds_to_wait(request, scope="verify"):
        told = _("Many files in a short time: wait a minute, then try again.")
        response = _page(request, form, error=told, status=429)
        response["Retry-After"] = str(wait)
        return response
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        made = _audited(request, form)
    except SimilarityError as error:
        return _page(request, form, error=error.message, status=status_of(error))
    address = reverse("web:audit", args=[made.pk])
    if not request.headers.get("HX-Request"):
        return redirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def _audited(request: HttpRequest, form: AuditForm) -> Audit:
    """Raises ``SimilarityError``: what ``audit_once`` raises, and ``file_too_large``."""
    from similarity.audit import audit_once  # numpy

    said = form.cleaned_data
    if said["file"].size > settings.MAX_UPLOAD_BYTES:
        raise too_large()
    assert request.user.is_authenticated
    data, told = said["file"].read(), {"prompt": said["prompt"], "generator": said.get("generator", "")}
    # The browser's Back button brings an old key together with another picture: that is another comparison.
    asked = hashlib.sha256(b"\0".join([data, *(word.encode() for word in told.values())])).hexdigest()
    key = f"page:{said['key']}:{asked[:32]}" if said["key"] else None
    made, is_new = audit_once(data, owner=request.user, idempotency_key=key, **told)
    if made.outcome == Audit.Outcome.FAILED and not is_new:  # sent again, because it failed
        made, _is_new = audit_once(data, owner=request.user, **told)
    return made


def _page(request: HttpRequest, form: AuditForm, *, error: str = "", status: int = 200) -> HttpResponse:
    """The whole page, or for HTMX what is wrong: the form stays in the browser, with the file chosen there."""
    if request.headers.get("HX-Request"):
        troubles = [error] if error else [str(each) for errors in form.errors.values() for each in errors]
        return render(request, "web/_audit_trouble.html", {"troubles": troubles}, status=status)
    # What is wrong with the other fields stands beside them.
    troubles = [error] if error else [str(each) for each in form.errors.get("file", [])]
    own = _shown().filter(owner_id=request.user.pk).order_by("-created_at", "-pk")
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "troubles": troubles,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "page": page,
        "comparisons": [compare(each) for each in page.object_list],
    }
    return render(request, "web/audits.html", context, status=status)


def _shown() -> AuditQuerySet:
    rows = Audit.objects.with_in_force().select_related("owner", "calibration", "version__work")
    return rows.defer("vector", "calibration__numbers")


@login_required
@require_safe
def audit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One comparison, for those who may see it."""
    found = get_object_or_404(_shown().visible_to(request.user), pk=pk)
    return render(request, "web/audit.html", {"audit": found, "comparison": compare(found)})
