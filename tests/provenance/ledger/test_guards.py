"""The database itself refuses, on SQLite and on PostgreSQL."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from provenance.ledger import guards
from provenance.ledger.append import append
from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.models import Checkpoint, Event
from provenance.ledger.verify import verify_ledger
from tests import servers

ROOT = Path(__file__).resolve().parents[3]
CHANGES = (
    "UPDATE ledger_event SET kind = 'y'",
    "DELETE FROM ledger_event",
    "UPDATE ledger_checkpoint SET size = 7",
    "DELETE FROM ledger_checkpoint",
    "UPDATE ledger_checkpointkey SET public_key = 'x'",
    "DELETE FROM ledger_checkpointkey",
)


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_no_statement_changes_or_deletes_a_row(change: str) -> None:
    guards.install(connection)
    append(key="a", kind="x", subject="s", payload={})
    checkpoint()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert (Event.objects.get().kind, Checkpoint.objects.get().size) == ("x", 1)
    append(key="b", kind="x", subject="s", payload={})
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_missing_guard_is_named() -> None:
    guards.install(connection)
    assert verify_ledger().unguarded == []
    with connection.cursor() as cursor:
        name = (
            "ledger_event_no_change ON ledger_event" if connection.vendor == "postgresql" else "ledger_event_no_update"
        )
        cursor.execute(f"DROP TRIGGER {name}")
    assert verify_ledger().unguarded == [name.split(" ", maxsplit=1)[0]]


SCRIPT = """
import json, django
django.setup()
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
call_command("migrate", verbosity=0)
from provenance.ledger.append import append
from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.models import Event
from provenance.ledger.verify import verify_ledger
with transaction.atomic():
    append(key="a", kind="x", subject="s", payload={"f": 1.5}, actor="nobody", personal={"note": "hm"})
checkpoint()
refused = []
for change in CHANGES + ("TRUNCATE ledger_event CASCADE",):
    try:
        with connection.cursor() as cursor:
            cursor.execute(change)
    except DatabaseError as error:
        refused.append("append-only" in str(error))
report = verify_ledger()
print(json.dumps([refused, report.events, report.covered, len(report.breaks), report.unguarded]))
"""


@pytest.mark.postgres
@pytest.mark.slow
def test_a_migrated_postgresql_is_guarded(tmp_path: Path) -> None:
    with servers.postgres() as url:
        done = subprocess.run(
            [sys.executable, "-c", f"CHANGES = {CHANGES!r}\n{SCRIPT}"],
            env={
                "PATH": "/usr/bin:/bin",
                "DATABASE_URL": url,
                "COLOPHON_DATA_DIR": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [[True] * 7, 1, 1, 0, []]
