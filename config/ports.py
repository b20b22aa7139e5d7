"""Which address to serve on."""

import socket


def free_port(host: str, preferred: int, *, tries: int = 50) -> int:
    """*preferred*, or the first port above it that nobody listens on. Raises ``OSError`` when none is free."""
    for port in range(preferred, preferred + tries):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {preferred} to {preferred + tries - 1} on {host}")
