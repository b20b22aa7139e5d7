"""The index against brute force, and against everything that can happen to its files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from similarity import generations, index
from similarity.artist_scores import BEST_K
from similarity.build_index import build_index
from similarity.enrol import ArtistFacts, NewWork, enrol, withdraw
from similarity.errors import SimilarityError
from similarity.generation import KEYS, Generation, file_of, open_generation
from similarity.index import Index, open_index
from similarity.models import Embedding, Reference
from similarity.rows import Rows
from similarity.stores.faiss_store import FILE, Faiss, FaissStore, exact_index
from similarity.watermark import lock_watermark, watermark_of
from tests.similarity.conftest import unit_rows

ENCODER = "e" * 64
DIM = 64


def works(count: int, *, seed: int = 0, artists: int = 3, prefix: str = "") -> list[NewWork]:
    rows = unit_rows(seed, count, DIM)
    return [
        NewWork(
            artist=ArtistFacts(f"artist-{i % artists}", f"Artist {i % artists}"),
            sha256=f"{prefix}{seed:02x}{i:08x}".ljust(64, "0"),
            code=bytes([i % 256]) * 32,
            vector=rows[i],
            title=f"Work {i}",
        )
        for i in range(count)
    ]


def opened() -> Index:
    return open_index(encoder=ENCODER, dimension=DIM)


def memory_index(vectors: np.ndarray, owners: list[int]) -> Index:
    order = np.argsort(owners, kind="stable")
    ids = np.array([list(UUID(int=i + 1).bytes) for i in range(len(vectors))], np.uint8).reshape(-1, 16)
    artists = np.array([list(UUID(int=owners[i] + 1).bytes) for i in order], np.uint8).reshape(-1, 16)
    rows = Rows(ids[order], artists, np.zeros((len(vectors), 32), np.uint8), vectors[order].astype(np.float16))
    manifest = generations.manifest_for(
        encoder=ENCODER, dimension=DIM, count=len(rows), watermark=1, kind="faiss", files={}
    )
    held = Generation(manifest, rows, FaissStore(exact_index(rows.vectors), {}))
    return Index(held, 1, rows.take(np.empty(0, np.int64)), np.empty(0, np.int64))


@budget(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**20))
def test_search_and_artist_scores_equal_brute_force(n: int, k: int, artists: int, seed: int) -> None:
    vectors = unit_rows(seed, n, DIM)
    owners = [int(o) for o in np.random.default_rng(seed).integers(0, artists, n)]
    searched = memory_index(vectors, owners)
    asked = unit_rows(seed + 1, 2, DIM)

    found = searched.search(asked, k)

    exact = asked @ searched.rows.vectors.astype(np.float32).T
    row_of = {searched.reference_of(row): row for row in range(n)}
    for i, hits in enumerate(found):
        best = np.sort(exact[i])[::-1][:k]
        np.testing.assert_allclose([hit.score for hit in hits], best, atol=1e-6)
        rows = [row_of[hit.reference] for hit in hits]
        assert len(set(rows)) == len(best)
        np.testing.assert_allclose(exact[i][rows], best, atol=1e-6)
        assert [hit.artist.bytes for hit in hits] == [searched.rows.artists[row].tobytes() for row in rows]
    expected = {}
    for owner in set(owners):
        own = np.sort(
            [
                v @ asked[0]
                for v, o in zip(vectors.astype(np.float16).astype(np.float32), owners, strict=True)
                if o == owner
            ]
        )
        expected[UUID(int=owner + 1)] = (float(own[-BEST_K:].mean()), len(own))
    scored = {entry.artist: (entry.score, entry.references) for entry in searched.artist_scores(asked[0])}
    assert scored.keys() == expected.keys()
    for artist, (score, count) in expected.items():
        assert scored[artist][1] == count
        assert scored[artist][0] == pytest.approx(score, abs=1e-5)
    ordered = [entry.score for entry in searched.artist_scores(asked[0])]
    assert ordered == sorted(ordered, reverse=True)


@budget(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 6), st.integers(0, 2**20))
def test_scores_of_many_vectors_leave_out_what_is_asked(n: int, artists: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    owners = [int(o) for o in rng.integers(0, artists, n)]
    searched = memory_index(unit_rows(seed, n, DIM), owners)
    asked = unit_rows(seed + 1, 7, DIM)
    references = [searched.reference_of(int(row)) for row in rng.integers(0, n, 7)]
    left_out = [UUID(int=int(owner) + 1) for owner in rng.integers(0, artists, 7)]

    scores, columns = searched.artist_scores_of(
        asked, without_references=[*references[:5], None, UUID(int=2**100)], without_artists=[*left_out[:6], None]
    )

    assert scores.shape == (7, len(columns))
    assert len(columns) == searched.artist_count
    exact = asked @ searched.rows.vectors.astype(np.float32).T
    for i in range(7):
        for column, artist in enumerate(columns):
            own = [
                float(exact[i, row])
                for row in range(n)
                if searched.rows.artists[row].tobytes() == artist.bytes
                and not (i < 5 and searched.reference_of(row) == references[i])
                and not (i < 6 and artist == left_out[i])
            ]
            expected = np.sort(own)[-BEST_K:].mean() if own else -np.inf
            assert scores[i, column] == pytest.approx(expected, abs=1e-5)


@pytest.mark.django_db
def test_an_empty_index_answers_with_nothing() -> None:
    empty = opened()

    assert len(empty) == 0
    assert empty.nearest(unit_rows(1, 1)[0], 5) == []
    assert empty.artist_scores(unit_rows(1, 1)[0]) == []
    assert empty.code_distances(bytes(32)).shape == (0,)


@pytest.mark.django_db
def test_a_new_work_is_found_and_a_withdrawn_one_is_not() -> None:
    enrol(works(12), encoder=ENCODER)
    first = opened()
    assert opened() is first  # nothing changed: the same copy serves

    new = works(1, seed=9)[0]
    enrol([new], encoder=ENCODER)
    second = opened()

    reference = Reference.objects.get(sha256=new.sha256)
    assert second.nearest(np.asarray(new.vector, np.float32), 1)[0].reference == reference.pk
    assert (len(first), len(second)) == (12, 13)
    assert withdraw(Reference.objects.filter(pk=reference.pk)) == 1
    assert reference.pk not in {hit.reference for hit in opened().nearest(np.asarray(new.vector, np.float32), 13)}
    assert len(opened()) == 12


@pytest.mark.django_db
def test_artists_with_few_works_are_marked() -> None:
    enrol(works(19, artists=2), encoder=ENCODER)
    by_count = {entry.references: entry.sufficient for entry in opened().artist_scores(unit_rows(3, 1)[0])}
    assert by_count == {10: True, 9: False}


@pytest.mark.django_db
@pytest.mark.parametrize("name", [FILE, *map(file_of, KEYS), generations.MANIFEST])
def test_a_flipped_byte_is_refused_reported_and_built_anew(name: str) -> None:
    enrol(works(12), encoder=ENCODER)
    sound = opened()
    name_of_works, vectors = sound.sha256, np.array(sound.rows.vectors)  # the files themselves are mapped
    path = generations.generations(ENCODER)[0] / name
    data = bytearray(path.read_bytes())
    # In the middle of the vectors FAISS itself would notice nothing.
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    index._open.clear()

    with capture_logs() as logs:
        served = opened()

    assert served.sha256 == name_of_works
    assert np.array_equal(served.rows.vectors, vectors)
    assert "index_damaged" in {entry["event"] for entry in logs}
    for path in generations.generations(ENCODER):
        generations.verify(path, encoder=ENCODER, dimension=DIM, kind="faiss")


@pytest.mark.django_db
@pytest.mark.parametrize("name", [FILE, *map(file_of, KEYS), generations.MANIFEST])
def test_a_missing_or_cut_file_is_built_anew(name: str) -> None:
    enrol(works(5), encoder=ENCODER)
    opened()
    path = generations.generations(ENCODER)[0] / name
    path.write_bytes(path.read_bytes()[:100])
    index._open.clear()
    assert len(opened()) == 5
    (generations.generations(ENCODER)[0] / name).unlink()
    index._open.clear()
    assert len(opened()) == 5


@pytest.mark.django_db
def test_another_encoders_index_is_refused() -> None:
    enrol(works(5), encoder=ENCODER)
    path = build_index(encoder=ENCODER, dimension=DIM)

    for encoder, dimension in (("f" * 64, DIM), (ENCODER, DIM + 1)):
        with pytest.raises(generations.Damaged, match="made for encoder"):
            open_generation(path, Faiss(), encoder=encoder, dimension=dimension)


@pytest.mark.django_db
def test_only_the_last_two_generations_and_no_leavings_are_kept() -> None:
    for seed in range(4):
        enrol(works(3, seed=seed), encoder=ENCODER)
        build_index(encoder=ENCODER, dimension=DIM)
    (generations.home(ENCODER) / ".building-killed").mkdir()
    (generations.home(ENCODER) / ".building-killed" / "vectors.faiss").write_bytes(b"half")
    enrol(works(3, seed=7), encoder=ENCODER)
    build_index(encoder=ENCODER, dimension=DIM)

    assert len(generations.generations(ENCODER)) == generations.KEPT
    assert list(generations.home(ENCODER).glob(".building-*")) == []


@pytest.mark.django_db
def test_building_again_keeps_what_is_sound_unless_forced() -> None:
    enrol(works(3), encoder=ENCODER)
    first = build_index(encoder=ENCODER, dimension=DIM)
    assert build_index(encoder=ENCODER, dimension=DIM) == first
    second = build_index(encoder=ENCODER, dimension=DIM, force=True)
    assert second != first
    manifests = [json.loads((second / generations.MANIFEST).read_text())]
    assert (manifests[0]["count"], manifests[0]["watermark"]) == (3, watermark_of(ENCODER))


@pytest.mark.django_db
def test_a_disk_that_is_full_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(works(3), encoder=ENCODER)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SimilarityError) as caught:
        opened()
    assert (caught.value.code, caught.value.permanent) == ("index_unwritable", False)
    assert generations.generations(ENCODER) == []
    assert list(generations.home(ENCODER).glob(".building-*")) == []


@pytest.mark.django_db
def test_a_vector_of_the_wrong_size_is_told() -> None:
    enrol(works(3), encoder=ENCODER)
    Embedding.objects.filter(reference__title="Work 1").update(vector=b"short")
    with pytest.raises(SimilarityError) as caught:
        opened()
    assert caught.value.code == "vector_unreadable"


@pytest.mark.django_db
def test_the_watermark_never_repeats_and_needs_a_transaction(settings: Settings) -> None:
    assert watermark_of(ENCODER) == 0
    seen = []
    for seed in range(3):
        enrol(works(1, seed=seed), encoder=ENCODER)
        seen.append(watermark_of(ENCODER))
    assert seen == sorted(set(seen))
    assert seen[0] >= (time.time() - 60) * 1000


@pytest.mark.django_db(transaction=True)
def test_the_watermark_is_only_locked_inside_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        lock_watermark(ENCODER)


# Builders in processes of their own: the rows come from a stub, so that no database is shared.
_BUILDER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django; django.setup()
from pathlib import Path
from django.conf import settings
settings.INDEX_DIR = Path(sys.argv[1])
import numpy as np
from similarity import build_index as module, generations
from similarity.rows import Rows
from similarity.stores.faiss_store import FILE, Faiss, FaissStore, exact_index
n, d = 20_000, 64
rng = np.random.default_rng(1)
rows = Rows(
    rng.integers(0, 256, (n, 16)).astype(np.uint8), np.zeros((n, 16), np.uint8),
    np.zeros((n, 32), np.uint8), rng.normal(size=(n, d)).astype(np.float16),
)
module.load_rows = lambda encoder, dimension: (5, rows)
module.tidy_changes = lambda *args, **options: None
module.withdrawn_since = lambda *args, **options: False
print("ready", flush=True)
sys.stdin.readline()
path = module.build_index(encoder="e" * 64, dimension=d)
print(path.name, flush=True)
"""


def builder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _BUILDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_of_two_processes_that_build_at_once_one_does_and_both_have_it(settings: Settings) -> None:
    folder = Path(settings.INDEX_DIR)
    both = [builder(folder) for _ in range(2)]
    for process in both:
        go(process)

    names = {process.communicate()[0].strip() for process in both}

    assert [process.returncode for process in both] == [0, 0]
    assert {path.name for path in generations.generations(ENCODER)} == names
    assert len(names) == 1


# Publishing alone, over and over, without anything that takes long to start.
_PUBLISHER = """
import sys
from django.conf import settings
settings.configure(INDEX_DIR=sys.argv[1])
from similarity import generations as g
files = {"vectors.faiss": b"v" * 3_000_000, "references.npy": b"r" * 3_000_000}
print("ready", flush=True)
while True:
    with g.build_lock("e" * 64):
        g.tidy("e" * 64)
        facts = dict(encoder="e" * 64, dimension=64, count=9, watermark=5, kind="faiss")
        g.publish(g.manifest_for(**facts, files=files), files)
        g.tidy("e" * 64)
"""


def test_a_builder_killed_at_any_moment_leaves_sound_generations_only(settings: Settings) -> None:
    leavings = 0
    for wait in (0.0, 0.004, 0.01, 0.02, 0.03, 0.05, 0.08):
        process = subprocess.Popen(
            [sys.executable, "-c", _PUBLISHER, str(settings.INDEX_DIR)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        leavings += len(list(generations.home(ENCODER).glob(".building-*")))
        for path in generations.generations(ENCODER):
            assert generations.verify(path, encoder=ENCODER, dimension=DIM, kind="faiss").count == 9

    with generations.build_lock(ENCODER):  # the lock fell with its holder
        generations.tidy(ENCODER)
    assert list(generations.home(ENCODER).glob(".building-*")) == []
    assert len(generations.generations(ENCODER)) <= generations.KEPT
