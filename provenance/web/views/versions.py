"""The bytes of a version: the signed file, its manifest, and a small picture for grids."""

import io
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import condition, require_safe

from generation import blobs
from provenance.works.models import Version

THUMBNAIL_PIXELS = 384
SUFFIX_OF_MEDIA_TYPE = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
DAY = 86_400


def seen_by(user: Any, pk: object) -> Version:
    """The version, if *user* may see its picture: published ones for owners, any sealed one for reviewers.

    Raises ``Http404`` otherwise, so that a stranger does not learn that it exists.
    """
    if user.has_perm("review.decide_case"):
        return get_object_or_404(Version.objects.filter(status__in=Version.SEALED).select_related("work"), pk=pk)
    published = Version.objects.visible_to(user).filter(status=Version.Status.PUBLISHED)
    return get_object_or_404(published.select_related("work"), pk=pk)


def _etag(request: HttpRequest, pk: object) -> str | None:
    """Asked before the view runs, so it must apply the same permissions: no answer for strangers, not even 304."""
    try:
        return f'"{seen_by(request.user, pk).sha256}"'
    except Http404:
        return None


@login_required
@require_safe
@condition(etag_func=_etag)
def file(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The signed file as it was sealed; ``?download`` asks the browser to save it."""
    version = seen_by(request.user, pk)
    suffix = SUFFIX_OF_MEDIA_TYPE.get(version.media_type, "bin")
    name = f"{slugify(version.work.title, allow_unicode=True)[:60] or 'work'}-{version.number}.{suffix}"
    try:
        content = default_storage.open(version.blob, "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content, as_attachment="download" in request.GET, filename=name, content_type=version.media_type
    )
    return _private(response)


@login_required
@require_safe
def manifest(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The manifest store as it was read back when the version was sealed."""
    version = seen_by(request.user, pk)
    credential = getattr(version, "credential", None)
    if credential is None:
        raise Http404
    return _private(JsonResponse(credential.manifest, json_dumps_params={"ensure_ascii": False, "indent": 2}))


@login_required
@require_safe
@condition(etag_func=_etag)
def thumbnail(request: HttpRequest, pk: str) -> HttpResponseBase:
    """A small WebP of the picture. It carries no credential: it is for looking, the file is for keeping."""
    version = seen_by(request.user, pk)
    key = f"thumbnail:{version.sha256}:{THUMBNAIL_PIXELS}"
    small: bytes | None = cache.get(key)
    if small is None:
        try:
            small = _shrink(blobs.get(version.blob))
        except FileNotFoundError as error:
            raise Http404 from error
        cache.set(key, small, timeout=30 * DAY)
    return _private(HttpResponse(small, content_type="image/webp"), max_age=DAY)


def _shrink(data: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB")
        small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=85)
    return out.getvalue()


def _private(response: HttpResponseBase, *, max_age: int = 0) -> HttpResponseBase:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"private, max-age={max_age}"
    return response
