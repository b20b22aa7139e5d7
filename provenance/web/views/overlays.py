"""Pictures that are laid over a version: whose hand shows where, and what an upload changed."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404

from generation import blobs
from provenance.web.views.versions import DAY, of_version
from provenance.works.editing.contribution import contribution_of
from provenance.works.editing.models import Edit
from provenance.works.errors import WorkError
from provenance.works.models import Version


@of_version
def contribution(request: HttpRequest, version: Version) -> HttpResponseBase:
    """The contribution map, as large as the picture: an indexed PNG in the legend's colours."""
    try:
        made = contribution_of(version)
    except (WorkError, FileNotFoundError) as error:  # its pixels, or its parent's map, were not kept
        raise Http404 from error
    return _png(made.blob)


@of_version
def changed(request: HttpRequest, version: Version) -> HttpResponseBase:
    """Where a declared edit differs from its parent, as measured: white on black."""
    declared = Edit.objects.filter(sitting__version=version, standing=Edit.Standing.DECLARED).exclude(mask="")
    return _png(get_object_or_404(declared).mask)


def _png(key: str) -> HttpResponse:
    try:
        data = blobs.get(key)
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(data, content_type="image/png", headers={"Cache-Control": f"private, max-age={DAY}"})
