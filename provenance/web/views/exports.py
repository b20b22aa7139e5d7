"""Export a version: what a file for one place would carry, made once it is asked for."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from provenance.credentials.errors import CredentialError
from provenance.marking.errors import MarkingError
from provenance.marking.preflight import Preflight
from provenance.marking.profiles import Profile
from provenance.web.export_form import ExportForm
from provenance.web.requests import SignedInRequest
from provenance.works.errors import WorkError
from provenance.works.export import export
from provenance.works.export_api import own_version
from provenance.works.export_names import file_name
from provenance.works.export_preview import preview
from provenance.works.models import Export, Version
from provenance.works.wish import look_ahead

MOST_EARLIER = 30
Errors = (WorkError, MarkingError, CredentialError)


@dataclass(frozen=True)
class Panel:
    """The form as filled in so far, what it would write, and the files made before."""

    form: ExportForm
    profile: Profile
    preflight: Preflight | None
    trouble: str
    earlier: list[tuple[str, Export]]

    @property
    def preview_query(self) -> str:
        """What the address of the small picture needs to know of the form."""
        names = ("profile", "format", "language", "tick_of")
        said = {name: str(self.form[name].value() or "") for name in names}
        return urlencode({**said, **({"labelled": "on"} if self.form["labelled"].value() else {})})


def panel(version: Version, data: QueryDict | None = None) -> Panel:
    """The panel for *version* (the asker's own) with the form's *data*; makes nothing."""
    form = ExportForm(data)
    found, trouble = None, ""
    if form.is_valid():
        try:
            found = look_ahead(version, form.wish())
        except Errors as error:
            trouble = error.message
    earlier = version.exports.select_related("version__work").order_by("-created_at", "-pk")
    return Panel(
        form=form,
        profile=form.chosen,
        preflight=found,
        trouble=trouble,
        earlier=[(file_name(made), made) for made in earlier[:MOST_EARLIER]],
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def version_export(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET tells what the form would write (a part of the page to HTMX), POST makes it."""
    version = own_version(request.user, pk)
    form = ExportForm(request.POST) if request.method == "POST" else None
    trouble = ""
    if form is not None and form.is_valid():
        try:
            made, new = export(version, form.wish(), by=request.user)
        except Errors as error:
            trouble = error.message
        else:
            ready = _("The file is ready.") if new else _("This file was made before; here it is.")
            messages.success(request, ready)
            address = reverse("web:work", args=[version.work_id])
            return redirect(f"{address}?version={version.number}&export={made.pk}#exports")
    shown = panel(version, request.POST if form is not None else request.GET or None)
    template = "web/_export.html" if request.headers.get("HX-Request") else "web/export.html"
    context = {"version": version, "panel": shown, "trouble": trouble}
    return render(request, template, context, status=422 if form is not None else 200)


@login_required
@require_safe
def preview_picture(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """A small picture of what the form would make, label and all."""
    version = own_version(request.user, pk)
    form = ExportForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        small = preview(version, form.wish())
    except Errors as error:
        raise Http404 from error
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(small, content_type="image/webp", headers=headers)
