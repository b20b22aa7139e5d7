"""Triggers by which the database itself refuses to change or delete what is append-only.

Guarded is the table of every model that is :class:`~provenance.ledger.append_only.AppendOnly`, by a
migration of its own room (:func:`guard`). Django rebuilds a SQLite table when one of its columns changes,
and its triggers go with the old table: a migration that alters a guarded table must end with
:func:`guard`. ``ledger verify`` names tables that stand unguarded.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.migrations import RunPython

from provenance.ledger.append_only import AppendOnly

_FUNCTION = "ledger_refuse_change"
_SAYS = "this table is append-only"


def guard(*tables: str) -> RunPython:
    """The operation of a migration that guards *tables*, which exist by then."""
    return RunPython(
        lambda apps, schema_editor: install(schema_editor.connection, tables),
        lambda apps, schema_editor: remove(schema_editor.connection, tables),
    )


def append_only_tables() -> list[str]:
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))


def install(connection: Any, tables: Iterable[str]) -> None:
    """Guard *tables*; those already guarded stay so."""
    tables = list(tables)
    remove(connection, tables)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
            )
        for table in tables:
            for statement in _statements(connection.vendor, table):
                cursor.execute(statement)


def remove(connection: Any, tables: Iterable[str]) -> None:
    """Take the guards away: for migrations that must, and for test databases that are emptied."""
    of = " ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for table in tables:
            for name in _names(connection.vendor, table):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of.format(table=table)}")


def missing(connection: Any) -> list[str]:
    """Guards that should be there and are not."""
    catalogue = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        present = {row[0] for row in cursor.fetchall()}
    return [name for table in append_only_tables() for name in _names(connection.vendor, table) if name not in present]


def _names(vendor: str, table: str) -> list[str]:
    verbs = ("change", "truncate") if vendor == "postgresql" else ("update", "delete")
    return [f"{table}_no_{verb}" for verb in verbs]


def _statements(vendor: str, table: str) -> list[str]:
    first, second = _names(vendor, table)
    if vendor == "postgresql":
        return [
            f"CREATE TRIGGER {first} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()",
            f"CREATE TRIGGER {second} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()",
        ]
    return [
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
        for name, verb in ((first, "UPDATE"), (second, "DELETE"))
    ]
