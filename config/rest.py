"""What every API route shares: newest-first cursor pages, and one shape for every error."""

import errno
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback
from rest_framework.views import exception_handler as drf_exception_handler
from structlog import get_logger

from generation.errors import GenerationError
from provenance.artists.errors import ArtistError
from provenance.credentials.errors import CredentialError
from provenance.marking.errors import MarkingError
from provenance.reports.errors import ReportError
from provenance.review.errors import ReviewError
from provenance.web.status import status_of
from provenance.works.errors import WorkError
from similarity.errors import SimilarityError

log = get_logger(__name__)


# What knows its own code and sentence.
_OURS = (
    *(ArtistError, CredentialError, GenerationError, MarkingError),
    *(ReportError, ReviewError, SimilarityError, WorkError),
)


class NewestFirst(CursorPagination):
    """Pages that stay stable while rows are added: ``?cursor=`` and ``?page_size=`` (at most 100)."""

    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = ("-created_at", "-id")

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: APIView) -> tuple[str, ...]:
        """The view's own ``ordering`` where its rows name their time differently."""
        return tuple(getattr(view, "ordering", self.ordering))

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        """A page. A cursor that names no moment is nobody's; a moment out of the calendar is the asker's mistake."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except DjangoValidationError as error:
            raise NotFound(self.invalid_cursor_message) from error
        except OverflowError as error:
            raise ParseError(_("A date or a number in the address is out of range.")) from error


def problem(code: str, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The body of every error: a stable ``code``, a sentence, and one entry per field at fault."""
    return {"code": code, "detail": detail, "errors": errors or []}


def _field_errors(detail: Any, field: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested error detail into ``{field, code, detail}`` entries."""
    if isinstance(detail, dict):
        return [
            entry
            for name, inner in detail.items()
            for entry in _field_errors(inner, f"{field}.{name}" if field else str(name))
        ]
    if isinstance(detail, list):
        return [entry for inner in detail for entry in _field_errors(inner, field)]
    return [{"field": field, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}]


def unavailable(error: Exception) -> Response | None:
    """The answer when the database or the disk cannot take the request: nothing of it was kept."""
    if isinstance(error, OperationalError):
        sentence = _("The service's records cannot be reached just now. Nothing was stored; try again in a minute.")
        return Response(problem("database_unavailable", sentence), status=status.HTTP_503_SERVICE_UNAVAILABLE)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        sentence = _("The service has no room left. Nothing was stored; ask its operator to free some.")
        return Response(problem("disk_full", sentence), status=status.HTTP_507_INSUFFICIENT_STORAGE)
    return None


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn any known error into :func:`problem` with the right status; unknown ones stay 500s."""
    if isinstance(exc, _OURS):
        field = getattr(exc, "field", "")
        errors = [{"field": field, "code": exc.code, "detail": exc.message}] if field else []
        answered = status_of(exc)
        if answered >= status.HTTP_500_INTERNAL_SERVER_ERROR:
            log.error("unavailable", code=exc.code, exc_info=exc)  # with the operator's note
        body = problem(exc.code, exc.message, errors)
        if rewrite := getattr(exc, "rewrite", ""):
            body["rewrite"] = rewrite
        return Response(body, status=answered)
    if answer := unavailable(exc):
        set_rollback()
        log.error("unavailable", code=answer.data["code"], exc_info=exc)
        return answer
    if isinstance(exc, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        sentence = _("The request is larger than anything that is asked for here. Send less.")
        return Response(problem("body_too_large", sentence), status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    response = drf_exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, ValidationError):
        errors = _field_errors(exc.detail)
        first = errors[0] if errors else {"code": "invalid", "detail": _("The request is not valid.")}
        response.data = problem(first["code"], first["detail"], errors)
    elif isinstance(exc, APIException):
        codes = exc.get_codes()
        code = codes if isinstance(codes, str) else exc.default_code
        response.data = problem(code, str(exc.detail))
    else:  # Http404 and PermissionDenied, which DRF converts itself
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        response.data = problem(str(getattr(detail, "code", "error")), str(detail))
    return response
