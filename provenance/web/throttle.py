"""Who is counted as one asker. Pages count against the same limits as the API, and the same person as one person."""

import ipaddress
import math
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import AnonRateThrottle, BaseThrottle, ScopedRateThrottle, UserRateThrottle


def address_of(request: Any) -> str:
    """Where the request came from: an address, or of IPv6 the /64 it is in, of which one person has 2⁶⁴."""
    said = BaseThrottle().get_ident(request)
    try:
        parsed = ipaddress.ip_address(said)
    except ValueError:
        return said
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else said


class ByAddress(BaseThrottle):
    def get_ident(self, request: Any) -> str:
        return address_of(request)


class AnonThrottle(ByAddress, AnonRateThrottle):
    pass


class UserThrottle(ByAddress, UserRateThrottle):
    pass


class ScopedThrottle(ByAddress, ScopedRateThrottle):
    pass


@dataclass(frozen=True)
class _Limited:
    """As much of an API view as the throttle asks about."""

    throttle_scope: str


def seconds_to_wait(request: HttpRequest, *, scope: str) -> int | None:
    """Count the request; None when it may go on, else for how many seconds the asker should wait.

    Signed-in people are counted by who they are, others by their address; *scope* is a key of
    ``DEFAULT_THROTTLE_RATES``.
    """
    throttle = ScopedThrottle()
    if throttle.allow_request(request, _Limited(scope)):  # type: ignore[arg-type]
        return None
    return math.ceil(throttle.wait() or 1)
