"""What anybody may know of a published version: the page a plaque or a recovered picture leads to."""

from uuid import UUID

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from generation import blobs
from provenance.credentials.thumbnails import thumbnails
from provenance.web.throttle import seconds_to_wait
from provenance.web.views.verify import tone_of
from provenance.web.views.versions import DAY, shrink
from provenance.works.lineage import addresses
from provenance.works.models import Version
from provenance.works.verify import verify

PICTURE_PIXELS = 768


@require_safe
def version_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is this picture? The published file, read just now: the page tells what the file itself tells."""
    if wait := seconds_to_wait(request, scope="public-version"):
        busy = render(request, "web/version_page.html", {"too_often": True}, status=429)
        busy["Retry-After"] = str(wait)
        return busy
    version = _published(pk)
    try:
        data = blobs.get(version.blob)
    except FileNotFoundError as error:
        raise Http404 from error
    found = verify(data)
    told = found.as_dict()
    context = {"version": version, "found": told, "tone": tone_of(found), "asked_of_record": True}
    pictures = thumbnails(data, addresses(told["lineage"])) if told["lineage"] else {}
    response = render(request, "web/version_page.html", {**context, "pictures": pictures})
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def version_picture(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A WebP of a published version, its long side at most ``PICTURE_PIXELS``."""
    version = _published(pk)
    etag = f'"{version.sha256}"'
    if answer := get_conditional_response(request, etag=etag):
        return HttpResponse(status=answer.status_code, headers={"ETag": etag})
    key = f"public-picture:{version.sha256}:{PICTURE_PIXELS}"
    small: bytes | None = cache.get(key)
    if small is None:
        try:
            small = shrink(blobs.get(version.blob), pixels=PICTURE_PIXELS)
        except FileNotFoundError as error:
            raise Http404 from error
        cache.set(key, small, timeout=30 * DAY)
    return HttpResponse(
        small,
        content_type="image/webp",
        headers={"ETag": etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
    )


def _published(pk: UUID) -> Version:
    """Anything else is as if it were not there, held versions included."""
    versions = Version.objects.filter(status=Version.Status.PUBLISHED).select_related("work")
    version: Version = get_object_or_404(versions, pk=pk)
    return version
