"""Which addresses may be asked: http and https, of hosts on the public internet. Knows no Django.

An export is a file from somewhere else. Without this, a line in it could make this machine ask its own services,
its neighbours or a cloud's metadata service.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, quote, urlsplit

from similarity.museums.problems import FetchProblem

# RFC 6052: an IPv4 address in the last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def checked(url: str) -> SplitResult:
    """*url* in its parts, its path and query quoted. Raises ``FetchProblem`` ``bad_address``."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode() if not _is_ip(parts.hostname) else parts.hostname
        _port = parts.port  # raises for one that is none
    except (ValueError, UnicodeError) as error:
        raise FetchProblem("bad_address") from error
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.username is not None
        or any(c.isspace() for c in host)
    ):
        raise FetchProblem("bad_address")
    path, query = (quote(text, safe="/%:@!$&'()*+,;=~?-._") for text in (parts.path or "/", parts.query))
    where = (f"[{host}]" if ":" in host else host) + (f":{parts.port}" if parts.port else "")
    return SplitResult(parts.scheme, where, path, query, "")


def resolve(host: str, port: int, *, allow_private: bool) -> list[tuple[int, tuple[str, int]]]:
    """(family, socket address) of *host*.

    Raises ``FetchProblem``: ``host_not_found`` (may pass), ``private_address`` if any of them is not public. The
    caller connects to what was looked at here, so that a second answer of the name service changes nothing.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchProblem("host_not_found", passing=True) from error
    addresses = [(int(family), (str(address[0]), int(address[1]))) for family, _type, _proto, _name, address in found]
    if not allow_private and not all(is_public(address[0]) for _family, address in addresses):
        raise FetchProblem("private_address")
    return addresses


def is_public(address: str) -> bool:
    """Whether *address* is of the public internet: not loopback, private, link-local, shared, reserved or multicast."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def _is_ip(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True
