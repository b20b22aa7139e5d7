"""Pictures that come over HTTP: their size is looked at before the body is read."""

from typing import Any, Protocol

from django.conf import settings

from similarity.pictures import too_large

# What a multipart body adds to the file it carries: boundaries, headers, the file's name, a prompt.
ENVELOPE_BYTES = 64 * 1024


class HasMeta(Protocol):
    """A request of Django or of the REST framework."""

    META: dict[str, Any]


def refuse_declared_size(request: HasMeta) -> None:
    """Raise ``SimilarityError`` ``file_too_large`` by what the sender says is coming.

    Call it before anything touches the request's data, which reads the body.
    """
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    if declared.isdecimal() and int(declared) > settings.MAX_UPLOAD_BYTES + ENVELOPE_BYTES:
        raise too_large()
