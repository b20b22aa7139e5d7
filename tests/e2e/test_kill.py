"""Whatever process dies at whatever moment, every job is finished once, exactly.

``COLOPHON_KILL_JOBS`` and ``COLOPHON_KILLS`` lengthen the storm (40 and 20 for the full form).
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.e2e.conftest import Start
from tests.e2e.service import ROOT, Service

JOBS = int(os.environ.get("COLOPHON_KILL_JOBS", "10"))
KILLS = int(os.environ.get("COLOPHON_KILLS", "6"))
SEED = int(os.environ.get("COLOPHON_KILL_SEED", "20261122"))


@pytest.fixture
def service(start: Start) -> Service:
    """A service with the fast engine, the real encoder, real FAISS, real C2PA, and short leases."""
    return start(
        COLOPHON_ENGINE="tests.fakes.FakeEngine",
        COLOPHON_FAKE_STEP_SECONDS="0.05",
        COLOPHON_LEASE_SECONDS="3",
        COLOPHON_SWEEP_SECONDS="0.5",
        # A kill counts as an attempt; a storm must not exhaust them.
        COLOPHON_MAX_ATTEMPTS="1000",
    )


def _ask(service: Service, token: str, number: int) -> bool:
    """Ask for job *number*; False when the web process was not there to answer."""
    body = {"prompt": f"storm {number}", "count": 1 + number % 3, "seed": str(number), "steps": 4}
    request = Request(
        f"{service.url}/api/v1/jobs/",
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Token {token}",
            "Idempotency-Key": f"storm-{number}",
        },
    )
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status in (200, 201)
    except HTTPError as error:
        raise AssertionError(error.read()) from error
    except (URLError, OSError):
        return False


def _state(service: Service) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.kill_audit"],
        cwd=ROOT,
        env=service.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_storm_of_kills_loses_nothing_and_doubles_nothing(service: Service) -> None:
    """Given jobs being asked for, when processes are killed -9 at random, then each job is done once."""
    dice = random.Random(SEED)
    token = service.token()
    asked: set[int] = set()
    kills = 0
    deadline = time.monotonic() + 600
    while (kills < KILLS or len(asked) < JOBS) and time.monotonic() < deadline:
        for number in range(JOBS):
            if number not in asked and _ask(service, token, number):
                asked.add(number)
                if kills < KILLS and dice.random() < 0.5:
                    break
        time.sleep(dice.uniform(0.0, 2.5))
        if kills >= KILLS:
            continue
        kills += 1
        target = dice.choice(["gpu", "cpu", "web", "gpu and web", "cpu and web", "everything"])
        if target == "everything":
            service.kill_everything()
            service.start(wait=False)
        else:
            children = service.children()
            for name in target.split(" and "):
                if pid := children.get(name):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
    assert len(asked) == JOBS
    assert kills >= KILLS

    report = _state(service)
    while report["versions_by_status"] != {"published": report["images_asked"]} and time.monotonic() < deadline + 120:
        time.sleep(2)
        report = _state(service)
    # Counted once more: the last picture may have been published between two of the counts above.
    report = _state(service)

    images = sum(1 + number % 3 for number in range(JOBS))
    assert report == {
        "jobs": JOBS,
        "jobs_by_status": {"succeeded": JOBS},
        "images_asked": images,
        "outputs": images,
        "works": JOBS,
        "versions": images,
        "versions_by_status": {"published": images},
        "published_unsigned": 0,
        "verdicts": {"valid": images},
        "published_events": images,
        "published_subjects": images,
        "ledger_length": report["ledger_length"],
        "ledger_breaks": 0,
    }
    assert service.stop() == 0
