"""Private servers for tests: each on a free port and a throw-away folder, or skipped by name."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(ready: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not start within {seconds:.0f} s")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL cluster of its own; yields its ``DATABASE_URL``."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    found = str(binaries[-1].parent) if binaries else None
    if found is None and (initdb := shutil.which("initdb")):
        found = str(Path(initdb).parent)
    if found is None:
        pytest.skip("PostgreSQL is not on this machine")
    # PostgreSQL refuses to run as root, and its own user must reach the folder.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="colophon-pg-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    if as_user:
        shutil.chown(data, "postgres")
    port = _free_port()
    try:
        subprocess.run(
            [*as_user, f"{found}/initdb", "-D", str(data), "-U", "colophon", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        server = subprocess.Popen(
            [
                *[*as_user, f"{found}/postgres", "-D", str(data), "-p", str(port), "-k", str(data)],
                *["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            ready = [f"{found}/pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
            _wait(lambda: subprocess.run(ready, check=False, cwd="/").returncode == 0, "PostgreSQL")
            subprocess.run(
                [f"{found}/createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "colophon", "colophon"],
                check=True,
                cwd="/",
            )
            yield f"postgres://colophon@127.0.0.1:{port}/colophon"
        finally:
            subprocess.run(
                [*as_user, f"{found}/pg_ctl", "-D", str(data), "-m", "immediate", "stop"],
                check=False,
                capture_output=True,
                cwd="/",
            )
            server.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A Redis server of its own; yields its ``CELERY_BROKER_URL``."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("Redis is not on this machine")
    port = _free_port()
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(lambda: _answers(port), "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=20)
