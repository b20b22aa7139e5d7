"""A whole service in a folder of its own, started and stopped (or killed) by a test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """``manage.py serve`` on a free port, with its data in *folder*."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COLOPHON_", "CELERY_", "DATABASE_", "DJANGO_"))
        }
        return {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "COLOPHON_DATA_DIR": str(self.folder),
            "COLOPHON_RATE_USER": "100000/min",
            "COLOPHON_RATE_CREATE_JOB": "100000/min",
            "OMP_NUM_THREADS": "1",
            **self.settings,
        }

    def manage(self, *arguments: str, timeout: float = 300, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=check,
        )

    def token(self, username: str = "tester") -> str:
        """An API token for a user who is made if need be."""
        code = (
            "from django.contrib.auth.models import User; from rest_framework.authtoken.models import Token;"
            f"user, _ = User.objects.get_or_create(username={username!r});"
            "print(Token.objects.get_or_create(user=user)[0].key)"
        )
        return self.manage("shell", "--no-imports", "-c", code).stdout.split()[-1]

    def start(self, *, wait: bool = True) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-prepare", "--web-workers", "1", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        if wait:
            self.wait_until_up()

    def wait_until_up(self, seconds: float = 180.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError((self.folder / "serve.log").read_text()[-4000:])

    def children(self) -> dict[str, int]:
        """Process ids of the supervisor's children by name: web, gpu, cpu, beat."""
        assert self.process is not None
        found: dict[str, int] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                words = (stat.parent / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError, ValueError):
                continue
            if parent != self.process.pid:
                continue
            for name, word in (("web", b"gunicorn"), ("gpu", b"gpu@%h"), ("cpu", b"cpu@%h"), ("beat", b"beat")):
                if word in words:
                    found[name] = int(stat.parent.name)
        return found

    def kill_everything(self) -> None:
        """kill -9 of the supervisor and each of its children, as a crash of the machine would."""
        assert self.process is not None
        victims = [self.process.pid, *self.children().values()]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)
