"""Vectors in a table of PostgreSQL with the extension pgvector, for a collection that outgrows one machine.

One table per encoder, made by the builder and by nobody else: enrolling a work then needs no extension,
and a database without one still takes works in. What was enrolled since the last build is in every
reader's own memory, as with the other stores.
"""

import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from django.conf import settings

from similarity.generations import Manifest
from similarity.rows import Keys, Rows
from similarity.stores import store
from similarity.stores.remote import RemoteStore, package_missing, unreachable
from similarity.stores.store import Store, Vectors, Written

# pgvector looks at no more than so many of an HNSW graph's candidates at once.
_MOST_EF = 1_000
_BUILDING = "SET max_parallel_maintenance_workers = 7; SET maintenance_work_mem = '4GB'"

_local = threading.local()
T = TypeVar("T")


class Pgvector:
    kind = "pgvector"

    def held(self, encoder: str, dimension: int) -> set[bytes]:
        table = _table(encoder)

        def ask(connection: Any) -> set[bytes]:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (reference uuid PRIMARY KEY, vector halfvec({dimension}) NOT NULL)"
            )
            return {row[0].bytes for row in connection.execute(f"SELECT reference FROM {table}")}  # noqa: S608

        return _asked(ask)

    def write(self, encoder: str, rows: Rows, held: set[bytes]) -> Written:
        ids = [reference.tobytes() for reference in rows.references]
        gone = [uuid.UUID(bytes=each) for each in held.difference(ids)]
        new = [row for row, each in enumerate(ids) if each not in held]
        table = _table(encoder)

        def change(connection: Any) -> None:
            with connection.transaction():
                connection.execute(f"DELETE FROM {table} WHERE reference = ANY(%s)", [gone])  # noqa: S608
                _add(connection, table, rows, new)
            if len(rows) > store.EXACT_UP_TO:
                connection.execute(_BUILDING)
                connection.execute(
                    f"CREATE INDEX IF NOT EXISTS {table}_near ON {table}"
                    " USING hnsw (vector halfvec_ip_ops) WITH (m = 16, ef_construction = 128)"
                )
            connection.execute(f"ANALYZE {table}")

        _asked(change)
        return Written()

    def remove(self, encoder: str, references: Sequence[uuid.UUID]) -> None:
        table = _table(encoder)

        def change(connection: Any) -> None:
            if connection.execute("SELECT to_regclass(%s)", [table]).fetchone()[0] is not None:
                connection.execute(f"DELETE FROM {table} WHERE reference = ANY(%s)", [list(references)])  # noqa: S608

        if references:
            _asked(change)

    def open(self, folder: Path, manifest: Manifest, keys: Keys) -> Store:
        table = _table(manifest.encoder)

        def ask(vectors: Vectors, count: int) -> list[list[bytes]]:
            return _asked(lambda connection: [_nearest(connection, table, vector, count) for vector in vectors])

        return RemoteStore(manifest.encoder, manifest.dimension, keys, ask)


def _add(connection: Any, table: str, rows: Rows, new: list[int]) -> None:
    """By way of a table of its own: another machine's builder may be adding the same rows."""
    from pgvector import HalfVector

    if not new:
        return
    connection.execute(f"CREATE TEMP TABLE arriving (LIKE {table}) ON COMMIT DROP")
    with connection.cursor().copy("COPY arriving (reference, vector) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(["uuid", "halfvec"])
        for row in new:
            copy.write_row((uuid.UUID(bytes=rows.references[row].tobytes()), HalfVector(rows.vectors[row])))
    connection.execute(f"INSERT INTO {table} SELECT * FROM arriving ON CONFLICT DO NOTHING")  # noqa: S608


def _nearest(connection: Any, table: str, vector: Vectors, count: int) -> list[bytes]:
    from pgvector import HalfVector

    with connection.transaction():
        connection.execute("SELECT set_config('hnsw.ef_search', %s, true)", [str(min(_MOST_EF, max(200, 2 * count)))])
        connection.execute("SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true)")
        found = connection.execute(
            f"SELECT reference FROM {table} ORDER BY vector <#> %s LIMIT %s",  # noqa: S608
            [HalfVector(np.asarray(vector, np.float16)), count],
        )
        return [row[0].bytes for row in found]


def _table(encoder: str) -> str:
    """Encoder fingerprints are hexadecimal, so their names need no quoting."""
    return f"colophon_vectors_{int(encoder[:16], 16):016x}"


def _asked(ask: Callable[[Any], T]) -> T:
    """The answer over this thread's connection, made anew once if it was lost."""
    import psycopg

    for again in (True, False):
        try:
            return ask(_connection())
        except psycopg.OperationalError as error:
            _close()
            if not again:
                raise unreachable(error) from error
        except psycopg.Error as error:
            raise unreachable(error) from error
    raise AssertionError("unreachable")


def _connection() -> Any:
    import psycopg

    try:
        from pgvector.psycopg import register_vector
    except ImportError as error:
        raise package_missing("pgvector") from error

    held = getattr(_local, "connection", None)
    if held is None or held[0] != address() or held[1].closed:
        _close()
        opened = psycopg.connect(address(), autocommit=True, connect_timeout=10)
        opened.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(opened)
        _local.connection = held = (address(), opened)
    return held[1]


def _close() -> None:
    """Let go of this thread's connection."""
    held, _local.connection = getattr(_local, "connection", None), None
    if held is not None:
        held[1].close()


def address() -> str:
    """``COLOPHON_VECTORS_ADDRESS``, or where the rows are."""
    if settings.VECTORS_ADDRESS:
        return str(settings.VECTORS_ADDRESS)
    rows = {key: quote(str(value), safe="") for key, value in settings.DATABASES["default"].items() if value}
    password = f":{rows['PASSWORD']}" if "PASSWORD" in rows else ""
    port = f":{rows['PORT']}" if "PORT" in rows else ""
    return f"postgresql://{rows.get('USER', '')}{password}@{rows.get('HOST', '')}{port}/{rows['NAME']}"
