"""Whether the web server that this machine starts answers yet."""

import http.client

from django.conf import settings

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (asked about, not bound)


def answers(host: str, port: int, *, timeout: float = 1.0) -> bool:
    """Whether ``/healthz`` at *host* (an address to listen on) says that the process is well."""
    # Django answers only to names it was told, and the address need not be one of them.
    name = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    connection = http.client.HTTPConnection(EVERYWHERE.get(host, host), port, timeout=timeout)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
