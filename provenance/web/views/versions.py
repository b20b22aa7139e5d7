"""The bytes of a version: the signed file, its manifest, and a small picture for grids."""

import io
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from generation import blobs
from provenance.web.status import status_of
from provenance.works.errors import WorkError
from provenance.works.models import Version
from provenance.works.plaque import plaque_pdf

THUMBNAIL_PIXELS = 384
SUFFIX_OF_MEDIA_TYPE = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
DAY = 86_400


View = Callable[[HttpRequest, Version], HttpResponseBase]


def of_version(view: View) -> Callable[[HttpRequest, UUID], HttpResponseBase]:
    """Turn *view* into one that takes the id of a version its asker may see.

    Browsers are known by their session, programs by the token they use with the API. Owners see
    published versions, reviewers every signed one; to anybody else there is nothing here (404).
    The version's hash is the ETag: a browser that has the file is told so without reading it.
    """

    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, pk: UUID) -> HttpResponseBase:
        try:
            user = _who(request)
        except AuthenticationFailed as error:
            return HttpResponse(str(error.detail), status=401, content_type="text/plain; charset=utf-8")
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        version = _seen_by(user, pk)
        etag = f'"{version.sha256}"'
        response = get_conditional_response(request, etag=etag) or view(request, version)
        response.headers.setdefault("ETag", etag)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers["X-Content-Type-Options"] = "nosniff"
        patch_vary_headers(response, ["Cookie", "Authorization"])
        return response

    return wrapped


def _who(request: HttpRequest) -> Any:
    """Raises ``AuthenticationFailed`` for a token that is not one."""
    by_token = TokenAuthentication().authenticate(request)  # type: ignore[arg-type]  # reads only META
    return by_token[0] if by_token else request.user


def _seen_by(user: Any, pk: UUID) -> Version:
    version: Version = get_object_or_404(Version.objects.shown_to(user).select_related("work", "credential"), pk=pk)
    return version


def _name(version: Version) -> str:
    return f"{slugify(version.work.title, allow_unicode=True)[:60] or 'work'}-{version.number}"


@of_version
def file(request: HttpRequest, version: Version) -> HttpResponseBase:
    """The signed file as it was sealed; ``?download`` asks the browser to save it."""
    suffix = SUFFIX_OF_MEDIA_TYPE.get(version.media_type, "bin")
    name = f"{_name(version)}.{suffix}"
    try:
        content = default_storage.open(version.blob, "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        content, as_attachment="download" in request.GET, filename=name, content_type=version.media_type
    )


@of_version
def plaque(request: HttpRequest, version: Version) -> HttpResponseBase:
    """A PDF to print and hang beside the picture, in the language of whoever asks."""
    address = request.build_absolute_uri(reverse("web:version-page", args=[version.pk]))
    try:
        pdf = plaque_pdf(version, address=address)
    except FileNotFoundError as error:
        raise Http404 from error
    except WorkError as error:
        return HttpResponse(error.message, status=status_of(error), content_type="text/plain; charset=utf-8")
    disposition = content_disposition_header("download" in request.GET, f"{_name(version)}-plaque.pdf")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = disposition or "inline"
    response["Cache-Control"] = "private, no-store"
    # The sheet is in the asker's language, so the file's own ETag is not its.
    response["ETag"] = f'"{version.sha256}-{get_language()}"'
    return response


@of_version
def manifest(request: HttpRequest, version: Version) -> HttpResponseBase:
    """The manifest store as it was read back when the version was sealed."""
    credential = getattr(version, "credential", None)
    if credential is None:
        raise Http404
    return JsonResponse(credential.manifest, json_dumps_params={"ensure_ascii": False, "indent": 2})


@of_version
def thumbnail(request: HttpRequest, version: Version) -> HttpResponseBase:
    """A small WebP of the picture. It carries no credential: it is for looking, the file is for keeping."""
    key = f"thumbnail:{version.sha256}:{THUMBNAIL_PIXELS}"
    small: bytes | None = cache.get(key)
    if small is None:
        try:
            small = shrink(blobs.get(version.blob), pixels=THUMBNAIL_PIXELS)
        except FileNotFoundError as error:
            raise Http404 from error
        cache.set(key, small, timeout=30 * DAY)
    return HttpResponse(small, content_type="image/webp", headers={"Cache-Control": f"private, max-age={DAY}"})


def shrink(data: bytes, *, pixels: int) -> bytes:
    """A WebP of a picture, its long side at most *pixels*."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB")
        small.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=85)
    return out.getvalue()
