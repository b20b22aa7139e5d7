"""Pages count against the same limits as the API, and the same person as one person."""

import math
from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.throttling import ScopedRateThrottle


@dataclass(frozen=True)
class _Limited:
    """As much of an API view as the throttle asks about."""

    throttle_scope: str


def seconds_to_wait(request: HttpRequest, *, scope: str) -> int | None:
    """Count the request; None when it may go on, else for how many seconds the asker should wait.

    Signed-in people are counted by who they are, others by their address; *scope* is a key of
    ``DEFAULT_THROTTLE_RATES``.
    """
    throttle = ScopedRateThrottle()
    if throttle.allow_request(request, _Limited(scope)):  # type: ignore[arg-type]
        return None
    return math.ceil(throttle.wait() or 1)
