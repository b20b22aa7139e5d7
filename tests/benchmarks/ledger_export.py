"""What the ledger of one work costs to take away, when the ledger is long.

    python -m tests.benchmarks.ledger_export [--events 100000] [--work 24] [--rounds 15]

A ledger of so many events, of which some, evenly spread, are about one work; a checkpoint for every 500. Then
``ledger.zip`` is asked for again and again by its owner, over HTTP as the page does. Each answer is checked by the
offline verifier. ``cpu_ms`` is the processor's time, which other programs on the machine do not lengthen.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AT_ONCE = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--work", type=int, default=24, help="events about the work")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COLOPHON_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        print(json.dumps(measure(**vars(options)), indent=1))  # noqa: T201


def measure(*, events: int, work: int, rounds: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.test import Client

    from provenance.ledger.offline_verifier import Check
    from tests.factories import make_user
    from tests.provenance.ledger.ledgers import unzip

    call_command("migrate", verbosity=0)
    owner = make_user("ada")
    began = time.perf_counter()
    address = fill(owner, events=events, about=work)
    filled = time.perf_counter() - began
    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    wall, cpu = [], []
    statements: list[str] = []
    for _round in range(rounds):
        start, busy = time.perf_counter(), time.process_time()
        with counting(statements):
            answer = client.get(address)
        wall.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - busy))
        assert answer.status_code == 200, answer.content
        assert Check(unzip(answer.content)).problems == []
    return {
        "events": events,
        "of_the_work": work,
        "rounds": rounds,
        "bytes": len(answer.content),
        "filling_seconds": round(filled, 1),
        "wall_ms": {"median": round(statistics.median(wall), 1), "worst": round(max(wall), 1)},
        "cpu_ms": {"median": round(statistics.median(cpu), 1), "worst": round(max(cpu), 1)},
        "statements": len(statements) // rounds,
    }


def fill(owner: "User", *, events: int, about: int) -> str:
    """A ledger of *events*, of which *about* tell of a work of *owner*; the address of that work's ledger."""
    from uuid import uuid4

    from provenance.ledger.chain import GENESIS, Entry, digest
    from provenance.ledger.checkpoint import checkpoint
    from provenance.ledger.models import Event
    from tests.factories import make_work

    work = make_work(owner=owner)
    previous = GENESIS
    for start in range(1, events + 1, AT_ONCE):
        rows = []
        for number in range(start, min(start + AT_ONCE, events + 1)):
            subject = work.pk if number % (events // about) == 0 else uuid4()
            entry = Entry(
                sequence=number,
                key=f"version-sealed:{number}",
                kind="version.published",
                subject=str(subject),
                actor="",
                payload={"work": str(subject), "sha256": previous, "audit": str(uuid4()), "outcome": "clear"},
                at=f"2026-01-01T00:00:00.{number:06}+00:00",
                previous=previous,
            )
            previous = digest(entry)
            rows.append(Event(**vars(entry), digest=previous))
        Event.objects.bulk_create(rows)
        checkpoint()
    return f"/works/{work.pk}/ledger.zip"


@contextlib.contextmanager
def counting(statements: list[str]) -> Iterator[None]:
    from django.db import connection

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield


if __name__ == "__main__":
    main()
