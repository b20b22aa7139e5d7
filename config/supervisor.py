"""One process that starts the others, forwards signals to them, and starts again what dies.

For one machine. On several, an orchestrator does this (see ``docker/compose.yaml``).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

import structlog

log = structlog.get_logger(__name__)

RESTART_DELAY_SECONDS = 0.5
RESTART_DELAY_CAP_SECONDS = 30.0
# A child that lived this long has recovered: its next death starts the back-off anew.
STEADY_SECONDS = 30.0
STOP_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """On Linux, ask the kernel to end this child when the supervisor itself is killed with -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A command that must keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    output: IO[bytes] | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        # A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops
        # the children in order, instead of every process at once.
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            process_group=0,
            preexec_fn=_die_with_parent,
        )
        self.started_at = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        if self.process is not None and self.running:
            self.process.send_signal(number)


class Supervisor:
    """Runs children until ``stop``; the first stop signal ends them gently, the second at once."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self.stopping = False

    def install_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.stopping:
            for child in self.children:
                child.signal(signal.SIGKILL)
        self.stopping = True

    def start(self) -> None:
        for child in self.children:
            child.start()
            log.info("process_started", process=child.name, pid=child.process and child.process.pid)

    def run(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Keep the children up until a stop signal, or until *until* answers true."""
        while not self.stopping and not until():
            self.tend()
            time.sleep(0.1)

    def tend(self) -> None:
        """Start again what has ended, with a growing pause for what keeps ending."""
        now = time.monotonic()
        for child in self.children:
            if child.running or self.stopping:
                continue
            if child.restart_at == 0.0:
                child.failures = 0 if now - child.started_at > STEADY_SECONDS else child.failures + 1
                pause = min(RESTART_DELAY_CAP_SECONDS, RESTART_DELAY_SECONDS * 2 ** max(child.failures - 1, 0))
                child.restart_at = now + pause
                code = child.process.returncode if child.process else None
                log.warning("process_ended", process=child.name, status=code, restart_in=pause)
            elif now >= child.restart_at:
                child.restart_at = 0.0
                child.start()
                log.info("process_restarted", process=child.name, pid=child.process and child.process.pid)

    def stop(self) -> None:
        """End every child: SIGTERM, a while to finish, then SIGKILL."""
        self.stopping = True
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.running for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def service(*, host: str, port: int, web_workers: int, output: IO[bytes] | None = None) -> list[Child]:
    """The processes of a whole service on one machine: web, a GPU worker, another worker, the clock.

    What they print goes to *output*, or to this process's own standard streams.
    """
    python = sys.executable
    worker = [python, "-m", "celery", "-A", "config", "worker", "--without-gossip", "--without-mingle"]
    worker += ["--without-heartbeat", "--pool", "solo", "--loglevel", "WARNING"]
    web = [python, "-m", "gunicorn", "config.wsgi", "--bind", f"{host}:{port}", "--workers", str(web_workers)]
    web += ["--threads", "4", "--timeout", "60", "--log-level", "warning"]
    commands = {
        "web": web,
        "gpu": [*worker, "-n", "gpu@%h", "-Q", "gpu"],
        "cpu": [*worker, "-n", "cpu@%h", "-Q", "similarity,cpu,maintenance"],
        "beat": [python, "-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile="],
    }
    return [Child(name, command, output=output) for name, command in commands.items()]
