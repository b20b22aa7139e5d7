"""A database from before commitments: names leave the chain, and the chain says that it was written anew."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import json, django
django.setup()
from django.core.management import call_command
from django.contrib.auth.models import User
from django.db import connection, transaction
from provenance.ledger.chain import GENESIS, Entry, digest
call_command("migrate", "ledger", "0001", verbosity=0)
call_command("migrate", "auth", verbosity=0)
User.objects.create_user("zora")
previous = GENESIS
rows = [("a", "job.succeeded", "zora", {"outputs": ["x"], "seconds": 1.5}),
        ("b", "version.held", "", {"reason": "copy"}),
        ("c", "case.publish", "yves, who left", {"case": "1", "reason": "Zora said so."})]
for number, (key, kind, actor, payload) in enumerate(rows, start=1):
    entry = Entry(number, key, kind, "s", actor, payload, "2026-11-22T20:00:00+00:00", previous)
    previous = digest(entry)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_event (sequence, key, kind, subject, actor, payload, at, previous, digest)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [number, key, kind, "s", actor, json.dumps(payload), entry.at, entry.previous, previous],
        )
call_command("migrate", verbosity=0)
from provenance.ledger.append import append
from provenance.ledger.models import Event, PersonalValue
from provenance.ledger.verify import verify_ledger
with transaction.atomic():
    append(key="d", kind="x", subject="s", payload={})
report = verify_ledger()
stored = json.dumps(list(Event.objects.values())).lower()
print(json.dumps({
    "old_head": previous == Event.objects.get(kind="ledger.rewritten").payload["old_head"],
    "kinds": list(Event.objects.order_by("sequence").values_list("kind", flat=True)),
    "named": [word for word in ("zora", "yves") if word in stored],
    "values": sorted([v.event_id, v.name, v.value, v.person and v.person.username]
                     for v in PersonalValue.objects.select_related("person")),
    "held": Event.objects.get(kind="version.held").payload,
    "report": [report.events, len(report.breaks), report.unguarded],
}))
"""


@pytest.mark.slow
def test_names_leave_an_old_chain(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={
            "PATH": "/usr/bin:/bin",
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
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "old_head": True,
        "kinds": ["job.succeeded", "version.held", "case.publish", "ledger.rewritten", "x"],
        "named": [],
        "values": [
            [1, "actor", "zora", "zora"],
            [3, "actor", "yves, who left", None],
            [3, "reason", "Zora said so.", None],
        ],
        "held": {"reason": "copy"},
        "report": [5, 0, []],
    }
