"""The header as the schema tells of it, and as a request carries it."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

NAME = "Idempotency-Key"
IDEMPOTENCY_KEY = OpenApiParameter(
    NAME,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "Sent again with the same body, it answers what the first request made (200) and makes nothing; "
        "with another body it is refused (409 `idempotency_conflict`)."
    ),
)


def key_of(request: Request) -> str | None:
    return request.headers.get(NAME)
