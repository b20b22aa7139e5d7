"""Vectors in a collection of Milvus, for more of them than one PostgreSQL serves.

One collection per encoder. Milvus has no transactions: the builder adds and removes by id, which it may do
again at any time, and a generation is published only when its rows are all there.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from similarity.generations import Manifest
from similarity.rows import Keys, Rows
from similarity.stores import store
from similarity.stores.remote import RemoteStore, package_missing, unreachable
from similarity.stores.store import Store, Vectors, Written

# Milvus answers with no more than so many at once.
_MOST = 16_384
_MOST_EF = 32_768
_ROWS_AT_ONCE = 1_000
_ID = "reference"
_VECTOR = "vector"

_opening = threading.Lock()
_clients: dict[tuple[str, str], Any] = {}


class Milvus:
    kind = "milvus"

    def held(self, encoder: str, dimension: int) -> set[bytes]:
        with _reaching() as client:
            name = _collection(client, encoder, dimension)
            pages = client.query_iterator(name, batch_size=_ROWS_AT_ONCE, output_fields=[_ID])
            found: set[bytes] = set()
            while page := pages.next():
                found.update(bytes.fromhex(entry[_ID]) for entry in page)
            pages.close()
            return found

    def write(self, encoder: str, rows: Rows, held: set[bytes]) -> Written:
        ids = [reference.tobytes() for reference in rows.references]
        gone = sorted(held.difference(ids))
        new = [row for row, each in enumerate(ids) if each not in held]
        name = _name(encoder)
        with _reaching() as client:
            _delete(client, name, gone)
            for at in range(0, len(new), _ROWS_AT_ONCE):
                part = new[at : at + _ROWS_AT_ONCE]
                client.upsert(
                    name, [{_ID: ids[row].hex(), _VECTOR: rows.vectors[row].astype(np.float32)} for row in part]
                )
            if len(rows) > store.EXACT_UP_TO:
                _make_approximate(client, name)
        return Written()

    def remove(self, encoder: str, references: Sequence[UUID]) -> None:
        if not references:
            return
        name = _name(encoder)
        with _reaching() as client:
            if client.has_collection(name):
                # Only those that are there: every delete, also of nothing, stays in the server's log.
                for at in range(0, len(references), _ROWS_AT_ONCE):
                    ids = [reference.hex for reference in references[at : at + _ROWS_AT_ONCE]]
                    there = [bytes.fromhex(entry[_ID]) for entry in client.get(name, ids=ids, output_fields=[_ID])]
                    _delete(client, name, there)

    def open(self, folder: Path, manifest: Manifest, keys: Keys) -> Store:
        name = _name(manifest.encoder)

        def ask(vectors: Vectors, count: int) -> list[list[bytes]]:
            with _reaching() as client:
                found = client.search(
                    name,
                    data=list(vectors),
                    anns_field=_VECTOR,
                    limit=min(count, _MOST),
                    output_fields=[_ID],
                    search_params={"params": {"ef": min(_MOST_EF, max(200, 2 * count))}},
                    consistency_level="Strong",
                )
            return [[bytes.fromhex(hit[_ID]) for hit in hits] for hits in found]

        return RemoteStore(manifest.encoder, manifest.dimension, keys, ask)


def _collection(client: Any, encoder: str, dimension: int) -> str:
    from pymilvus import DataType, MilvusClient

    name = _name(encoder)
    if not client.has_collection(name):
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field(_ID, DataType.VARCHAR, is_primary=True, max_length=32)
        schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
        client.create_collection(name, schema=schema, index_params=_index("FLAT"), consistency_level="Strong")
    client.load_collection(name)
    return name


def _delete(client: Any, name: str, references: Sequence[bytes]) -> None:
    for at in range(0, len(references), _ROWS_AT_ONCE):
        client.delete(name, ids=[each.hex() for each in references[at : at + _ROWS_AT_ONCE]])


def _make_approximate(client: Any, name: str) -> None:
    if client.describe_index(name, _VECTOR)["index_type"] == "HNSW":
        return
    client.release_collection(name)
    client.drop_index(name, _VECTOR)
    client.create_index(name, _index("HNSW", M=16, efConstruction=128))
    client.load_collection(name)


def _index(kind: str, **parameters: int) -> Any:
    from pymilvus import MilvusClient

    params = MilvusClient.prepare_index_params()
    params.add_index(_VECTOR, index_type=kind, metric_type="IP", params=parameters)
    return params


def _name(encoder: str) -> str:
    return f"colophon_vectors_{encoder[:16]}"


@contextlib.contextmanager
def _reaching() -> Iterator[Any]:
    """One connection for the process: it is made for many threads. What it raises is said in our words."""
    try:
        from pymilvus import MilvusClient, MilvusException
    except ImportError as error:
        raise package_missing("pymilvus") from error

    key = (settings.VECTORS_ADDRESS, settings.VECTORS_TOKEN)
    try:
        with _opening:
            if key not in _clients:
                _clients[key] = MilvusClient(uri=key[0], token=key[1])
        yield _clients[key]
    except MilvusException as error:
        raise unreachable(error) from error
