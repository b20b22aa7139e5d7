"""One polite question over HTTP: bounded in size and time, to public addresses only, also after redirects."""

import datetime
import email.utils
import http.client
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin

from similarity.museums.addresses import checked, resolve
from similarity.museums.problems import FetchProblem

REDIRECTS = 5
CHUNK = 64 * 1024
_MOVED = (301, 302, 303, 307, 308)
# Statuses that may pass by themselves (RFC 9110 and 6585).
_PASSING = (408, 425, 429, 500, 502, 503, 504, 520, 522, 524)


@dataclass(frozen=True)
class Manners:
    """How we ask. Seconds; ``limit`` is in bytes."""

    agent: str
    limit: int
    allow_private: bool = False
    silence: float = 30  # that a connection may be silent
    deadline: float = 180  # that one answer may take


def ask(url: str, manners: Manners, *, before: Callable[[str], None]) -> bytes:
    """What lies at *url*. *before* is called with each host about to be asked.

    Raises ``FetchProblem``: ``bad_address``, ``private_address``, ``too_many_redirects``, ``not_found``,
    ``http_error``, ``file_too_large``, ``bad_answer``, or passing: ``host_not_found``, ``no_answer``, ``cut_off``,
    ``too_slow``, ``busy``, ``forbidden``.
    """
    address = url
    for _hop in range(REDIRECTS + 1):
        parts = checked(address)
        before(parts.netloc)
        answered = _ask_once(parts, manners)
        if isinstance(answered, bytes):
            return answered
        address = urljoin(parts.geturl(), answered)
    raise FetchProblem("too_many_redirects")


def _ask_once(parts: SplitResult, manners: Manners) -> bytes | str:
    """The answer, or where the server says it is."""
    connection = _connect(parts, manners)
    until = time.monotonic() + manners.deadline
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers=_headers(parts, manners))
        with connection.getresponse() as response:
            if response.status in _MOVED and (moved := response.getheader("Location")):
                return moved
            _check_status(response)
            return _body(response, manners.limit, until)
    except TimeoutError as error:
        raise FetchProblem("too_slow", passing=True) from error
    except http.client.IncompleteRead as error:
        raise FetchProblem("cut_off", passing=True) from error
    except http.client.HTTPException as error:
        passing = isinstance(error, http.client.RemoteDisconnected)
        raise FetchProblem("cut_off" if passing else "bad_answer", passing=passing) from error
    except OSError as error:
        raise FetchProblem("cut_off", passing=True) from error
    finally:
        connection.close()


def _connect(parts: SplitResult, manners: Manners) -> http.client.HTTPConnection:
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(host, port)
    why: Exception | None = None
    for family, address in resolve(host, port, allow_private=manners.allow_private):
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.settimeout(manners.silence)
            raw.connect(address)
            # The connection is ours, to the address that was looked at; the library would resolve the name again.
            connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
            return connection
        except OSError as error:  # ssl.SSLError and TimeoutError are such
            raw.close()
            why = error
    raise FetchProblem("no_answer", passing=True) from why


def _headers(parts: SplitResult, manners: Manners) -> dict[str, str]:
    headers = {"User-Agent": manners.agent, "Accept": "image/*, application/json;q=0.9", "Accept-Encoding": "identity"}
    if (parts.hostname or "").endswith("artic.edu"):
        headers["AIC-User-Agent"] = manners.agent  # which that museum's documentation asks for
    return headers | {"Connection": "close"}


def _check_status(response: http.client.HTTPResponse) -> None:
    status = response.status
    if status == http.client.OK:
        return
    if status in (404, 410):
        raise FetchProblem("not_found", status=status)
    if status in _PASSING:
        raise FetchProblem("busy", passing=True, wait=_retry_after(response.getheader("Retry-After")), status=status)
    if status in (401, 403):  # often all of us, for a while, and not this picture for ever
        raise FetchProblem("forbidden", passing=True, retry=False, status=status)
    raise FetchProblem("http_error", status=status)


def _body(response: http.client.HTTPResponse, limit: int, until: float) -> bytes:
    if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise FetchProblem("bad_answer")
    promised = response.length  # None when the server does not say
    if promised is not None and promised > limit:
        raise FetchProblem("file_too_large")
    parts, size = [], 0
    # ``read1``: each wait is bounded by the silence, so that the deadline is looked at also when bytes drip.
    while part := response.read1(CHUNK):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise FetchProblem("file_too_large")
        if time.monotonic() > until:
            raise FetchProblem("too_slow", passing=True)
    if promised is not None and size < promised:
        raise FetchProblem("cut_off", passing=True)
    return b"".join(parts)


def _retry_after(told: str | None) -> float | None:
    """Seconds, of a number or a date (RFC 9110, section 10.2.3)."""
    text = (told or "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    now = datetime.datetime.now(datetime.UTC)
    return max(0.0, (when.replace(tzinfo=when.tzinfo or datetime.UTC) - now).total_seconds())
