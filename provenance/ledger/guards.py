"""Triggers by which the database itself refuses to change or delete what is append-only.

Django rebuilds a SQLite table when one of its columns changes, and its triggers go with the old table:
a migration that alters a guarded table must call :func:`install` at its end. ``ledger verify`` names
tables that stand unguarded.
"""

from typing import Any

TABLES = ("ledger_event", "ledger_checkpoint", "ledger_checkpointkey")
_FUNCTION = "ledger_refuse_change"
_SAYS = "this table is append-only"


def install(connection: Any) -> None:
    """Guard every table of :data:`TABLES`; those already guarded stay so."""
    remove(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
            )
        for table in TABLES:
            for statement in _statements(connection.vendor, table):
                cursor.execute(statement)


def remove(connection: Any) -> None:
    """Take the guards away: for migrations that must, and for test databases that are emptied."""
    of = " ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for table in TABLES:
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
    return [name for table in TABLES for name in _names(connection.vendor, table) if name not in present]


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
