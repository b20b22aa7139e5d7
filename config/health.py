"""``/healthz``: this process answers. ``/readyz``: everything it needs to do its work is there."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from structlog import get_logger

log = get_logger(__name__)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    from generation.broker import quick_connection

    with quick_connection() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        broker.default_channel  # noqa: B018  (Redis is asked for the first time here)


def _signer() -> None:
    from provenance.credentials.signer import check_signer

    check_signer()


def _index() -> None:
    from similarity.ready import check_index

    check_index()


PROBES: dict[str, Callable[[], None]] = {
    "database": _database,
    "broker": _broker,
    "signer": _signer,
    "index": _index,
}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 while any part is missing. The answer names the part; why is in the log, not shown to strangers."""
    parts: dict[str, Any] = {}
    for name, probe in PROBES.items():
        began = time.perf_counter()
        try:
            probe()
        except Exception as error:
            log.error("not_ready", part=name, exc_info=error)
            parts[name] = {"status": "failed", "code": getattr(error, "code", "unavailable")}
        else:
            parts[name] = {"status": "ok", "ms": round(1000 * (time.perf_counter() - began), 1)}
    ready = all(part["status"] == "ok" for part in parts.values())
    return JsonResponse({"status": "ok" if ready else "failed", "parts": parts}, status=200 if ready else 503)
