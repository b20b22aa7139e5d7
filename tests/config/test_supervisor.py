"""The supervisor keeps its children up and takes them all down."""

import os
import signal
import sys
import time
from collections.abc import Callable

import pytest

from config.supervisor import Child, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: None); print(flush=True); time.sleep(60)",
]


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_killed_child_is_started_again() -> None:
    child = Child("sleeper", SLEEPER)
    boss = Supervisor([child])
    boss.start()
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    boss.run(until=lambda: child.running and child.process is not None and child.process.pid != first)
    assert child.running
    boss.stop()
    assert not child.running


def test_stop_ends_every_child() -> None:
    children = [Child("one", SLEEPER), Child("two", SLEEPER)]
    boss = Supervisor(children)
    boss.start()
    boss.stop()
    assert [child.running for child in children] == [False, False]


def test_a_child_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child("stubborn", STUBBORN)
    boss = Supervisor([child])
    monkeypatch.setattr("config.supervisor.STOP_SECONDS", 0.3)
    boss.start()
    time.sleep(0.3)  # long enough for the child to have installed its handler
    boss.stop()
    assert not child.running


def test_the_pause_before_a_restart_grows() -> None:
    """Given a child that ends at once each time, when it is tended, then the pauses double."""
    child = Child("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    boss = Supervisor([child])
    boss.start()
    pauses = []
    for _round in range(2):
        assert wait_for(lambda: not child.running)
        boss.tend()
        pauses.append(child.restart_at - time.monotonic())
        assert wait_for(lambda: time.monotonic() >= child.restart_at)
        boss.tend()
    boss.stop()
    assert child.failures == 2
    assert pauses[1] > pauses[0]
