"""Readers keep up with the rows: what came is found, what went is not, and nothing is built for it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from similarity import generations, index, prototypes
from similarity.build_index import build_index
from similarity.enrol import enrol, withdraw
from similarity.errors import SimilarityError
from similarity.index import Index, open_index
from similarity.models import IndexChange, Reference, VectorChange
from similarity.publish_index import PUBLISHED_AFTER, publish_due
from similarity.rows import as_strings
from similarity.stores import store
from similarity.watermark import changes_after, watermark_of
from similarity.withdraw import clear_indexes
from tests.similarity.conftest import unit_rows
from tests.similarity.test_index import DIM, ENCODER, works


def opened() -> Index:
    return open_index(encoder=ENCODER, dimension=DIM)


@pytest.mark.django_db
def test_a_new_work_is_found_without_a_new_generation() -> None:
    enrol(works(30), encoder=ENCODER)
    first = opened()

    with capture_logs() as logs:
        for seed in range(5, 25):
            new = works(1, seed=seed)[0]
            enrol([new], encoder=ENCODER)
            found = opened().nearest(np.asarray(new.vector, np.float32), 1)[0]
            assert found.reference == Reference.objects.get(sha256=new.sha256).pk

    assert "index_built" not in {entry["event"] for entry in logs}
    assert opened().generation is first.generation
    assert (len(first), len(opened()), len(opened().new)) == (30, 50, 20)


@pytest.mark.django_db
def test_readers_change_over_to_a_generation_published_since() -> None:
    enrol(works(10), encoder=ENCODER)
    opened()
    enrol(works(5, seed=3), encoder=ENCODER)
    behind = opened()
    build_index(encoder=ENCODER, dimension=DIM)

    changed = opened()

    assert (len(behind.new), len(changed.new)) == (5, 0)
    assert changed.generation is not behind.generation
    assert changed.sha256 == behind.sha256
    assert behind.nearest(unit_rows(3, 1, DIM)[0], 1) == changed.nearest(unit_rows(3, 1, DIM)[0], 1)


@pytest.mark.django_db
def test_a_damaged_newer_generation_is_not_changed_over_to() -> None:
    enrol(works(10), encoder=ENCODER)
    opened()
    enrol(works(5, seed=3), encoder=ENCODER)
    before = opened()
    path = build_index(encoder=ENCODER, dimension=DIM)
    data = bytearray((path / "vectors.faiss").read_bytes())
    data[len(data) // 2] ^= 4
    (path / "vectors.faiss").write_bytes(bytes(data))

    with capture_logs() as logs:
        after = opened()

    assert [entry["event"] for entry in logs] == ["index_damaged"]
    assert not path.exists()
    assert after.generation.manifest == before.generation.manifest
    assert len(after) == 15


@pytest.mark.django_db
def test_more_changes_than_a_reader_keeps_make_a_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST_NEW", 10)
    enrol(works(10), encoder=ENCODER)
    opened()
    enrol(works(10, seed=2), encoder=ENCODER)
    assert len(opened().new) == 10
    enrol(works(1, seed=3), encoder=ENCODER)
    assert len(opened().new) == 0
    assert len(opened()) == 21


@pytest.mark.django_db
def test_a_log_with_a_missing_link_is_not_followed() -> None:
    enrol(works(3), encoder=ENCODER)
    start = watermark_of(ENCODER)
    for seed in (1, 2, 3):
        enrol(works(1, seed=seed), encoder=ENCODER)
    now = watermark_of(ENCODER)
    followed = changes_after(ENCODER, start, up_to=now, most=100)
    assert followed is not None
    assert (followed[0], len(followed[1]), followed[2]) == (now, 3, [])
    assert changes_after(ENCODER, start, up_to=now, most=2) is None

    VectorChange.objects.filter(number__gt=start).order_by("number")[1].delete()

    assert changes_after(ENCODER, start, up_to=now, most=100) is None
    assert len(opened()) == 6


@pytest.mark.django_db
def test_a_database_that_went_back_to_a_backup_is_not_answered_from_its_lost_future() -> None:
    enrol(works(3), encoder=ENCODER)
    backup = watermark_of(ENCODER)
    opened()
    enrol(works(3, seed=5), encoder=ENCODER)
    lost = set(Reference.objects.filter(sha256__startswith="05").values_list("pk", flat=True))
    for _ in range(3):  # as many generations of the lost future as are kept, and more
        build_index(encoder=ENCODER, dimension=DIM, force=True)
    assert len(opened()) == 6

    # What a restored dump leaves: neither rows nor log nor number of what came after.
    Reference.objects.filter(pk__in=lost).delete()
    VectorChange.objects.filter(number__gt=backup).delete()
    IndexChange.objects.filter(encoder=ENCODER).update(number=backup)

    assert len(opened()) == 3
    enrol(works(2, seed=8), encoder=ENCODER)
    hits = opened().nearest(unit_rows(5, 1, DIM)[0], 10)
    assert len(hits) == 5
    assert not lost & {hit.reference for hit in hits}


@pytest.mark.django_db
def test_what_came_and_went_between_two_looks_was_never_there() -> None:
    enrol(works(5), encoder=ENCODER)
    opened()
    enrol(works(2, seed=4), encoder=ENCODER)
    withdraw(Reference.objects.filter(sha256__startswith="04"))
    assert (len(opened()), len(opened().new), len(opened().dead)) == (5, 0, 0)
    enrol(works(2, seed=6), encoder=ENCODER)
    assert len(opened().new) == 2
    withdraw(Reference.objects.filter(sha256__startswith="06"))
    assert (len(opened()), len(opened().new), len(opened().dead)) == (5, 0, 0)


@pytest.mark.django_db
def test_the_minutely_run_publishes_when_much_has_changed() -> None:
    assert publish_due() == 0
    enrol(works(3), encoder=ENCODER)
    assert publish_due() == 0  # nobody searches it here
    opened()
    enrol(works(PUBLISHED_AFTER, seed=1), encoder=ENCODER)
    assert publish_due() == 0
    enrol(works(1, seed=2), encoder=ENCODER)
    assert publish_due() == 1
    assert publish_due() == 0
    assert len(opened().new) == 0
    assert len(opened()) == PUBLISHED_AFTER + 4


@pytest.mark.django_db
def test_the_minutely_run_publishes_when_a_vector_went() -> None:
    enrol(works(3), encoder=ENCODER)
    opened()
    enrol(works(1, seed=1), encoder=ENCODER)
    withdraw(Reference.objects.filter(pk=Reference.objects.filter(sha256__startswith="00")[0].pk))
    assert len(opened().dead) == 1

    assert (publish_due(), publish_due()) == (1, 0)

    assert len(generations.generations(ENCODER)) == 1
    assert (len(opened().generation), len(opened().dead)) == (3, 0)


@pytest.mark.django_db
def test_an_encoder_that_cannot_be_built_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    other = "0" * 64  # asked first or last: all have their turn
    for encoder in (other, ENCODER):
        enrol(works(3), encoder=encoder)
        open_index(encoder=encoder, dimension=DIM)
    withdraw(Reference.objects.filter(pk=Reference.objects.filter(sha256__startswith="00")[0].pk))

    def failing(*, encoder: str, dimension: int) -> Path:
        if encoder == other:
            raise SimilarityError("vector_unreadable", "A row is of the wrong size.")
        return build_index(encoder=encoder, dimension=dimension)

    monkeypatch.setattr("similarity.publish_index.build_index", failing)
    monkeypatch.setattr("similarity.build_index.build_index", failing)
    for run in (publish_due, clear_indexes):
        with pytest.raises(SimilarityError, match="wrong size"):
            run()
    newest = generations.generations(ENCODER)[0]
    assert generations.watermark_in(newest) == watermark_of(ENCODER)


@pytest.mark.django_db
def test_a_search_is_answered_when_an_overdue_index_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> Path:
        raise SimilarityError("index_unwritable", "The disk is full.", permanent=False)

    enrol(works(3), encoder=ENCODER)
    first = opened()
    withdraw(Reference.objects.filter(pk=Reference.objects.filter(sha256__startswith="00")[0].pk))
    monkeypatch.setattr(index, "build_index", refuse)
    monkeypatch.setattr(index, "withdrawn_since", lambda *_args, **_options: True)

    with capture_logs() as logs:
        found = [opened(), opened()]

    assert [len(each) for each in found] == [2, 2]
    assert found[1].generation.manifest == first.generation.manifest
    assert [entry["event"] for entry in logs] == ["index_not_replaced"]  # and not again before the next run


@pytest.mark.django_db(transaction=True)
def test_searches_go_on_undisturbed_while_works_come_and_go() -> None:
    enrol(works(40), encoder=ENCODER)
    stop = threading.Event()
    wrong: list[object] = []
    searched: list[int] = []

    def search(seed: int) -> None:
        try:
            asked = unit_rows(seed, 1, DIM)[0]
            while not stop.is_set():
                current = opened()
                hits = current.nearest(asked, 5)
                exact = np.sort(current.rows.vectors.astype(np.float32) @ asked)[::-1][:5]
                if not np.allclose([hit.score for hit in hits], exact, atol=1e-5):
                    wrong.append(hits)
                searched.append(seed)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=search, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for seed in range(10, 22):
        enrol(works(3, seed=seed), encoder=ENCODER)
        before, patient = len(searched), time.monotonic() + 20  # so that searches come between, also under load
        while len(searched) == before and not wrong and time.monotonic() < patient:
            time.sleep(0.01)
        withdraw(Reference.objects.filter(sha256__startswith=f"{seed - 5:02x}"))
        if seed % 4 == 0:
            build_index(encoder=ENCODER, dimension=DIM)
    stop.set()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(searched) > 10
    assert len(opened()) == Reference.objects.count()


@pytest.mark.django_db
def test_a_large_collection_is_searched_approximately_and_decided_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "EXACT_UP_TO", 2_000)
    monkeypatch.setattr(prototypes, "NOMINATED", 20)
    monkeypatch.setattr("similarity.build_index.NOMINATED", 20)
    monkeypatch.setattr("similarity.search.NOMINATED_ARTISTS", 20)
    rng = np.random.default_rng(0)
    centres = unit_rows(1, 60, DIM)
    made = works(6_000, artists=60)
    vectors = centres[np.arange(6_000) % 60] + 0.12 * rng.normal(size=(6_000, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for start in range(0, 6_000, 500):
        part = [
            type(work)(**{**work.__dict__, "vector": vectors[start + i]})
            for i, work in enumerate(made[start : start + 500])
        ]
        enrol(part, encoder=ENCODER)

    large = opened()

    assert type(large.generation.store.index).__name__ == "IndexRefine"  # type: ignore[attr-defined]
    assert large.generation.manifest.search["recall"] >= 0.99
    asked = centres[:30] + 0.1 * rng.normal(size=(30, DIM)).astype(np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    rows = large.rows
    exact = asked @ rows.vectors.astype(np.float32).T
    found = 0
    for i, hits in enumerate(large.search(asked, 10)):
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        best = np.sort(exact[i])[::-1][:10]
        found += sum(score >= best[-1] - 1e-6 for score in scores)
        # Of one artist, and so of few rows: not one is overlooked.
        artist = hits[0].artist
        own = exact[i][(rows.artists == np.frombuffer(artist.bytes, np.uint8)).all(axis=1)]
        filtered = large.search(asked[i : i + 1], 10, artists=[artist])[0]
        np.testing.assert_allclose([hit.score for hit in filtered], np.sort(own)[::-1][:10], atol=1e-5)
    assert found >= 0.99 * 300
    # Of half of the artists: again not one, and none of the others'.
    half = set(sorted({UUID(bytes=artist.tobytes()) for artist in np.unique(rows.artists, axis=0)})[:30])
    inside = np.isin(as_strings(rows.artists), np.array([artist.bytes for artist in half], "S16"))
    for i, hits in enumerate(large.search(asked, 10, artists=half)):
        assert {hit.artist for hit in hits} <= half
        best = np.sort(exact[i][inside])[::-1][:10]
        np.testing.assert_allclose([hit.score for hit in hits], best, atol=1e-5)
    scores_of_all, artists = large.artist_scores_of(asked)
    for i in range(30):
        scored = large.artist_scores(asked[i])
        assert len(scored) == 20
        best_artist = artists[int(scores_of_all[i].argmax())]
        assert scored[0].artist == best_artist
        assert scored[0].score == pytest.approx(float(scores_of_all[i].max()), abs=1e-5)


# A whole builder, FAISS and all: killed at any point, it leaves nothing that is served.
_BUILDER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django; django.setup()
from pathlib import Path
from uuid import UUID
from django.conf import settings
settings.INDEX_DIR = Path(sys.argv[1])
import numpy as np
from similarity import build_index as module
from similarity.rows import Rows
from similarity.rows import as_strings
from similarity.stores import store
store.EXACT_UP_TO = 1_000
n, d = 3_000, 64
rng = np.random.default_rng(1)
rows = Rows(
    rng.integers(0, 256, (n, 16)).astype(np.uint8), np.zeros((n, 16), np.uint8),
    np.zeros((n, 32), np.uint8), rng.normal(size=(n, d)).astype(np.float16),
)
module.load_rows = lambda encoder, dimension: (5, rows)
module.tidy_changes = lambda *args, **options: None
module.withdrawn_since = lambda *args, **options: False
print("ready", flush=True)
while True:
    module.build_index(encoder="e" * 64, dimension=d, force=True)
    print("built", flush=True)
"""


@pytest.mark.slow
def test_a_whole_builder_killed_at_any_moment_leaves_sound_generations_only(settings: Settings) -> None:
    folder = Path(settings.INDEX_DIR)
    for wait in np.random.default_rng(int(time.time())).uniform(0.0, 1.5, 6):
        process = subprocess.Popen(
            [sys.executable, "-c", _BUILDER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        for path in generations.generations(ENCODER):
            manifest = generations.verify(path, encoder=ENCODER, dimension=DIM, kind="faiss")
            assert manifest.count == 3_000

    with generations.build_lock(ENCODER):  # the lock fell with its holder
        generations.tidy(ENCODER)
    assert list(generations.home(ENCODER).glob(".building-*")) == []


def test_any_flipped_bit_of_any_file_is_noticed(settings: Settings) -> None:
    manifest_of = {name: bytes([i] * 400) for i, name in enumerate(("vectors.faiss", "references.npy", "codes.npy"))}
    manifest = generations.manifest_for(
        encoder=ENCODER, dimension=DIM, count=1, watermark=5, kind="faiss", files=manifest_of
    )
    path = generations.publish(manifest, manifest_of)
    rng = np.random.default_rng(int(time.time()))
    for name in manifest_of:
        for bit in rng.integers(0, 3_200, 40):
            data = bytearray(manifest_of[name])
            data[bit // 8] ^= 1 << (bit % 8)
            (path / name).write_bytes(bytes(data))
            with pytest.raises(generations.Damaged, match=name):
                generations.verify(path, encoder=ENCODER, dimension=DIM, kind="faiss")
        (path / name).write_bytes(manifest_of[name])
    generations.verify(path, encoder=ENCODER, dimension=DIM, kind="faiss")
