"""The report of an audit: asked for, watched while it is made, read, taken away as HTML, PDF or signed JSON."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from provenance.reports.ask import ask, newest
from provenance.reports.errors import ReportError
from provenance.reports.models import Report
from provenance.reports.show import document_for, record_for
from provenance.web.requests import SignedInRequest
from provenance.web.status import status_of
from provenance.web.throttle import seconds_to_wait
from similarity.errors import SimilarityError
from similarity.models import Audit
from similarity.uploads import refuse_declared_size


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def report(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The newest report of an audit; a POST asks for one. Never made here: it takes seconds of a processor."""
    audit = _audit(request, pk)
    if request.method == "POST":
        return _ask(request, audit)
    return _shown(request, audit)


def _ask(request: SignedInRequest, audit: Audit) -> HttpResponse:
    if wait := seconds_to_wait(request, scope="verify"):
        response = _shown(
            request, audit, error=_("Many requests in a short time: wait a minute, then ask again."), status=429
        )
        response["Retry-After"] = str(wait)
        return response
    try:
        refuse_declared_size(request)
        picture = _sent(request, audit)
        ask(audit, picture=picture)
    except (ReportError, SimilarityError) as error:
        return _shown(request, audit, error=error.message, status=status_of(error))
    return redirect("web:report", audit.pk)


def _sent(request: SignedInRequest, audit: Audit) -> bytes:
    """The bytes of the file that was sent along, if one was. Raises ``ReportError`` ``other_picture``."""
    import hashlib

    upload = request.FILES.get("picture")
    if not isinstance(upload, UploadedFile) or not upload.size:
        return b""
    data = bytes(upload.read())
    if hashlib.sha256(data).hexdigest() != audit.image_sha256:
        raise ReportError(
            "other_picture", _("This is not the file that was audited. Choose the very same file."), field="picture"
        )
    return data


def _shown(request: SignedInRequest, audit: Audit, *, error: str = "", status: int = 200) -> HttpResponse:
    row = newest(audit)
    under_way = row is not None and row.status == Report.Status.WAITING
    if request.headers.get("HX-Request") and under_way and not error:
        assert row is not None
        if request.GET.get("seen") == str(row.done):
            return HttpResponse(status=204)
        return render(request, "web/_report_progress.html", {"audit": audit, "report": row})
    if request.headers.get("HX-Request"):  # it has just become ready
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    version = getattr(audit, "version", None)
    facts: dict[str, Any] = {"audit": audit, "report": row, "under_way": under_way, "error": error}
    facts |= {"has_picture": version is not None, "version": version}
    if row is not None and row.status == Report.Status.READY:
        from provenance.reports.page import context  # numpy

        facts |= context(record_for(row, request.user), stale=audit.is_stale)
        facts["can_add"] = version is None and not row.with_picture
    response = render(request, "web/report.html", facts, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def report_json(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The signed document."""
    row = _ready(request, pk)
    return _file(
        document_for(row, request.user).encode(), "application/json; charset=utf-8", f"report-{row.audit_id}.json"
    )


@login_required
@require_safe
def report_html(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The report as one file to keep, in the language of whoever asks."""
    from provenance.reports.page import html_file

    row = _ready(request, pk)
    page = html_file(record_for(row, request.user), stale=row.audit.is_stale)
    return _file(page.encode(), "text/html; charset=utf-8", f"report-{row.audit_id}-{get_language()}.html")


@login_required
@require_safe
def report_pdf(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The report to print, in the language of whoever asks."""
    from provenance.reports.pdf import pdf_file

    row = _ready(request, pk)
    data = pdf_file(record_for(row, request.user), stale=row.audit.is_stale)
    return _file(data, "application/pdf", f"report-{row.audit_id}-{get_language()}.pdf")


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _audit(request: SignedInRequest, pk: UUID) -> Audit:
    """Those who may see the audit, to whom alone it is there at all: with reviewers, who must explain a case's."""
    seen = Q(pk__in=Audit.objects.visible_to(request.user).values("pk"))
    if request.user.has_perm("review.decide_case"):
        seen |= Q(version__case__isnull=False)
    return get_object_or_404(Audit.objects.select_related("version__work", "artist", "calibration").filter(seen), pk=pk)


def _ready(request: SignedInRequest, pk: UUID) -> Report:
    row = newest(_audit(request, pk))
    if row is None or row.status != Report.Status.READY:
        raise Http404
    return row
