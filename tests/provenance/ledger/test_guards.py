"""The database itself refuses, on SQLite and on PostgreSQL."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from provenance.artists.models import Claim
from provenance.ledger import guards
from provenance.ledger.append import append
from provenance.ledger.erase import erase_person
from provenance.ledger.models import Event, PersonalValue
from provenance.ledger.verify import verify_ledger
from provenance.review.models import Decision
from provenance.works.models import Export
from tests import servers
from tests.provenance.ledger.every_row import make_every_row

ROOT = Path(__file__).resolve().parents[3]
# Each table with a column that a forger might want to change.
GUARDED = {
    "artists_claimdecision": "reason",
    "ledger_checkpoint": "root",
    "ledger_checkpointkey": "public_key",
    "ledger_event": "kind",
    "ledger_subtree": "root",
    "review_decision": "reason",
    "verdicts_judgement": "verdict",
    "works_export": "agreement",
}
CHANGES = [
    statement
    for table, column in GUARDED.items()
    for statement in (f"UPDATE {table} SET {column} = 'y'", f"DELETE FROM {table}")  # noqa: S608  (our own names)
]


def test_these_tables_are_append_only() -> None:
    """A table that is told so in Python and not here has no test that its guard holds."""
    assert guards.append_only_tables() == sorted(GUARDED)


@pytest.mark.usefixtures("guarded")
def test_no_statement_changes_or_deletes_a_row(creator: User, reviewer: User) -> None:
    make_every_row(owner=creator, reviewer=reviewer)
    before = _everything()
    assert {table: len(rows) for table, rows in before.items()} == dict.fromkeys(GUARDED, 1)
    for change in CHANGES:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert _everything() == before
    append(key="b", kind="x", subject="s", payload={})
    assert Event.objects.count() == 2


def _everything() -> dict[str, list[Any]]:
    found = {}
    with connection.cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608  (our own names)
            found[table] = cursor.fetchall()
    return found


@pytest.mark.usefixtures("guarded")
def test_a_person_is_erased_beside_guarded_rows(creator: User, reviewer: User) -> None:
    """Given an owner and a reviewer with a row in every table, both can be erased, and no guarded row changes."""
    make_every_row(owner=creator, reviewer=reviewer)
    before = _everything()
    erased = [erase_person("ada"), erase_person("rita")]
    after = _everything()
    assert [row for row in after["ledger_event"] if row in before["ledger_event"]] == before["ledger_event"]
    assert {**after, "ledger_event": before["ledger_event"]} == before
    assert (Decision.objects.get().reviewer.username, Decision.objects.get().reviewer.is_active) == (
        erased[1].alias,
        False,
    )
    assert (Export.objects.get().by.username, Claim.objects.get().evidence) == (erased[0].alias, "")
    assert not PersonalValue.objects.filter(person__in=[creator, reviewer]).exists()
    # The row of a subtree is made up: there are no 256 events.
    assert ([one.sequence for one in verify_ledger().breaks], verify_ledger().unguarded) == ([256], [])


@pytest.mark.usefixtures("guarded")
def test_an_account_without_works_is_deleted_and_one_that_decided_stays(
    creator: User, reviewer: User, stranger: User
) -> None:
    make_every_row(owner=creator, reviewer=reviewer)
    append(key="b", kind="x", subject="s", payload={}, actor=stranger)
    stranger.delete()
    assert not PersonalValue.objects.filter(value="ben").exists()
    for person in (creator, reviewer):
        with pytest.raises(ProtectedError), transaction.atomic():
            person.delete()
    assert (set(User.objects.values_list("username", flat=True)), Decision.objects.count()) == ({"ada", "rita"}, 1)


@pytest.mark.usefixtures("guarded")
def test_a_missing_guard_is_named() -> None:
    assert verify_ledger().unguarded == []
    with connection.cursor() as cursor:
        name = (
            "works_export_no_change ON works_export" if connection.vendor == "postgresql" else "works_export_no_update"
        )
        cursor.execute(f"DROP TRIGGER {name}")
    assert verify_ledger().unguarded == [name.split(" ", maxsplit=1)[0]]


SCRIPT = """
import json, django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection
call_command("migrate", verbosity=0)
from provenance.ledger.erase import erase_person
from provenance.ledger.verify import verify_ledger
from provenance.review.models import Decision
from tests.provenance.ledger.every_row import make_every_row
make_every_row(owner=User.objects.create_user("ada"), reviewer=User.objects.create_user("rita"))
refused = []
for change in CHANGES:
    with connection.cursor() as cursor:
        try:
            cursor.execute(change)
        except DatabaseError as error:
            refused.append("append-only" in str(error))
aliases = [erase_person(name).alias for name in ("ada", "rita")]
report = verify_ledger()
print(json.dumps([refused, report.events, report.covered, [one.sequence for one in report.breaks],
                  report.unguarded,
                  Decision.objects.get().reviewer.username == aliases[1]]))
"""


@pytest.mark.postgres
@pytest.mark.slow
def test_a_migrated_postgresql_is_guarded(tmp_path: Path) -> None:
    changes = [*CHANGES, *(f"TRUNCATE {table} CASCADE" for table in GUARDED)]
    with servers.postgres() as url:
        done = subprocess.run(
            [sys.executable, "-c", f"CHANGES = {changes!r}\n{SCRIPT}"],
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
    assert json.loads(done.stdout.splitlines()[-1]) == [[True] * len(changes), 3, 1, [256], [], True]
