"""Every store of vectors against brute force: whatever happens to the rows, and in whatever order."""

import sys
import uuid

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from similarity import index as index_module
from similarity.artist_scores import BEST_K
from similarity.build_index import build_index
from similarity.enrol import ArtistFacts, NewWork, enrol, withdraw
from similarity.errors import SimilarityError
from similarity.index import Index, open_index
from similarity.models import Artist, Embedding, Reference
from similarity.stores import store as stores
from tests.similarity.conftest import unit_rows

ENCODER = "c0" * 32
DIM = 16
STORES = ("faiss", "pgvector", "milvus")


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest, settings: Settings) -> str:
    """The store in use, and empty."""
    settings.VECTORS = request.param
    settings.VECTORS_ADDRESS = "" if request.param == "faiss" else request.getfixturevalue(f"{request.param}_address")
    empty_store()
    return str(request.param)


def empty_store() -> None:
    held = stores.adapter()
    none = index_module._no_rows(DIM)
    held.write(ENCODER, none, held.held(ENCODER, DIM))


class Oracle:
    """Brute force over the rows."""

    def __init__(self) -> None:
        found = Embedding.objects.filter(encoder=ENCODER).values_list("reference_id", "reference__artist_id", "vector")
        self.references = [reference for reference, _artist, _vector in found]
        self.artists = [artist for _reference, artist, _vector in found]
        self.vectors = np.array([np.frombuffer(bytes(vector), "<f2") for *_ids, vector in found], np.float64).reshape(
            -1, DIM
        )

    def nearest(self, vector: np.ndarray, artists: set[uuid.UUID] | None) -> dict[uuid.UUID, float]:
        scores = self.vectors @ vector.astype(np.float64)
        return {
            reference: float(score)
            for reference, artist, score in zip(self.references, self.artists, scores, strict=True)
            if artists is None or artist in artists
        }

    def artist_scores(self, vector: np.ndarray) -> dict[uuid.UUID, tuple[float, int]]:
        own: dict[uuid.UUID, list[float]] = {}
        for artist, score in zip(self.artists, self.vectors @ vector.astype(np.float64), strict=True):
            own.setdefault(artist, []).append(float(score))
        return {artist: (float(np.mean(sorted(s)[-BEST_K:])), len(s)) for artist, s in own.items()}


def agree(index: Index, asked: np.ndarray, k: int, artists: set[uuid.UUID] | None = None) -> None:
    oracle = Oracle()
    assert len(index) == len(oracle.references)
    for vector, hits in zip(asked, index.search(asked, k, artists=artists), strict=True):
        expected = oracle.nearest(vector, artists)
        best = sorted(expected.values(), reverse=True)[:k]
        np.testing.assert_allclose([hit.score for hit in hits], best, atol=1e-5)
        assert len({hit.reference for hit in hits}) == len(best)
        for hit in hits:
            assert hit.score == pytest.approx(expected[hit.reference], abs=1e-5)
            assert hit.artist == oracle.artists[oracle.references.index(hit.reference)]
        assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.reference))
        scored = {entry.artist: (entry.score, entry.references) for entry in index.artist_scores(vector)}
        wanted = oracle.artist_scores(vector)
        assert {artist: count for artist, (_score, count) in scored.items()} == {
            artist: count for artist, (_score, count) in wanted.items()
        }
        for artist, (score, _count) in wanted.items():
            assert scored[artist][0] == pytest.approx(score, abs=1e-5)
        together, everyone = index.compare(vector, k)
        assert [hit.score for hit in together] == [hit.score for hit in index.nearest(vector, k)]
        assert together == sorted(together, key=lambda hit: (-hit.score, hit.reference))
        assert everyone == index.artist_scores(vector)
    rows = index.rows
    assert [uuid.UUID(bytes=reference.tobytes()) for reference in rows.references] == [
        reference for _artist, reference in sorted(zip(oracle.artists, oracle.references, strict=True))
    ]


def works(seed: int, count: int, *, artists: int = 4, copies: int = 1) -> list[NewWork]:
    """*copies* of each vector: works that nothing but their id tells apart."""
    rows = unit_rows(seed, count, DIM)
    return [
        NewWork(
            artist=ArtistFacts(f"artist-{(seed + i) % artists}", f"Artist {(seed + i) % artists}"),
            sha256=f"{seed:08x}{i:08x}".ljust(64, "0"),
            code=bytes([(seed + i) % 256]) * 32,
            vector=rows[i // copies],
        )
        for i in range(count)
    ]


class Collection(RuleBasedStateMachine):
    """Works come and go, generations are published, processes die; every answer is the oracle's."""

    seed = 0

    @initialize()
    def nothing(self) -> None:
        withdraw(Reference.objects.all())
        index_module.forget()

    @rule(count=st.integers(1, 12), artists=st.integers(1, 6), copies=st.integers(1, 3))
    def add(self, count: int, artists: int, copies: int) -> None:
        Collection.seed += 1
        enrol(works(Collection.seed, count, artists=artists, copies=copies), encoder=ENCODER)

    @rule(which=st.integers(0, 2**16), count=st.integers(1, 4))
    def withdraw_some(self, which: int, count: int) -> None:
        held = list(Reference.objects.order_by("pk").values_list("pk", flat=True))
        if held:
            withdraw(Reference.objects.filter(pk__in=[held[(which + i) % len(held)] for i in range(count)]))

    @rule()
    def withdraw_an_artist(self) -> None:
        artist = Artist.objects.order_by("pk").first()
        if artist is not None:
            withdraw(Reference.objects.filter(artist=artist))

    @rule()
    def publish(self) -> None:
        build_index(encoder=ENCODER, dimension=DIM)

    @rule()
    def die(self) -> None:
        index_module.forget()

    @rule(seed=st.integers(0, 2**16), k=st.sampled_from([1, 3, 10, 500]), share=st.integers(0, 5))
    def search(self, seed: int, k: int, share: int) -> None:
        chosen = list(Artist.objects.order_by("slug").values_list("pk", flat=True))[:share]
        asked = unit_rows(seed, 2, DIM)
        agree(opened(), asked, k)
        agree(opened(), asked, k, artists=set(chosen))

    @invariant()
    def nothing_is_missing_and_nothing_found_again(self) -> None:
        assert len(opened()) == Embedding.objects.filter(encoder=ENCODER).count()


def opened() -> Index:
    return open_index(encoder=ENCODER, dimension=DIM)


@pytest.mark.django_db
def test_every_answer_is_the_oracles_whatever_happened_before(kind: str) -> None:
    run_state_machine_as_test(
        Collection,
        settings=budget(
            max_examples=12 if kind == "faiss" else 4,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_an_empty_collection_answers_with_nothing(kind: str) -> None:
    asked = unit_rows(1, 2, DIM)
    assert opened().search(asked, 5) == [[], []]
    assert opened().artist_scores(asked[0]) == []
    assert opened().artist_scores_of(asked)[0].shape == (2, 0)
    assert opened().code_distances(bytes(32)).shape == (0,)
    assert (len(opened()), opened().artist_count) == (0, 0)


@pytest.mark.django_db
def test_equal_works_are_all_found_in_the_order_of_their_ids(kind: str) -> None:
    enrol(works(1, 30, copies=30), encoder=ENCODER)
    build_index(encoder=ENCODER, dimension=DIM)

    hits = opened().nearest(unit_rows(1, 1, DIM)[0], 30)

    assert [hit.reference for hit in hits] == sorted(Reference.objects.values_list("pk", flat=True))
    assert len({hit.score for hit in hits}) == 1


@pytest.mark.django_db
def test_a_withdrawn_work_is_gone_from_the_moment_it_went(kind: str) -> None:
    enrol(works(1, 40), encoder=ENCODER)
    build_index(encoder=ENCODER, dimension=DIM)
    before = opened()
    vector = unit_rows(1, 40, DIM)[7]
    gone = before.nearest(vector, 1)[0].reference

    withdraw(Reference.objects.filter(pk=gone))

    after = opened()
    assert after.generation is before.generation  # nothing was built
    assert gone not in {hit.reference for hit in after.nearest(vector, 40)}
    assert len(after) == len(before) - 1
    row = next(row for row in range(40) if after.reference_of(row) == gone)
    assert after.code_distances(bytes([8]) * 32)[row] > 256
    assert after.similarities(vector)[row] == -np.inf
    # From the store and from the rows it goes with the next generation.
    build_index(encoder=ENCODER, dimension=DIM)
    assert opened().generation is not before.generation
    assert len(opened().generation) == 39
    assert gone.bytes not in (stores.adapter().held(ENCODER, DIM) or ())


@pytest.mark.django_db
def test_what_went_is_taken_out_of_a_server_as_often_as_asked(kind: str) -> None:
    enrol(works(1, 5), encoder=ENCODER)
    build_index(encoder=ENCODER, dimension=DIM)
    gone, *stay = Reference.objects.values_list("pk", flat=True)

    for _time in range(2):
        stores.adapter().remove(ENCODER, [gone])
        stores.adapter().remove("ab" * 32, [gone])  # an encoder that never had an index

    held = stores.adapter().held(ENCODER, DIM)
    assert held == (None if kind == "faiss" else {reference.bytes for reference in stay})


@pytest.mark.django_db
def test_the_state_has_one_name_however_it_was_reached(kind: str) -> None:
    enrol(works(1, 10), encoder=ENCODER)
    first = opened().sha256
    enrol(works(2, 10), encoder=ENCODER)
    grown = opened()
    assert len(grown.new) == 10
    build_index(encoder=ENCODER, dimension=DIM)
    published = opened()
    assert len(published.new) == 0

    assert grown.sha256 == published.sha256 != first


@pytest.mark.django_db
def test_what_a_store_does_not_find_is_found_by_looking_at_every_row(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(works(1, 30), encoder=ENCODER)
    build_index(encoder=ENCODER, dimension=DIM)
    index = opened()
    monkeypatch.setattr(
        type(index.generation.store), "nominate", lambda _self, vectors, count: np.full((len(vectors), count), -1)
    )
    agree(index, unit_rows(5, 2, DIM), 7)


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["pgvector", "milvus"])
def test_a_server_that_does_not_answer_is_told_as_passing(settings: Settings, broken: str) -> None:
    settings.VECTORS = broken
    settings.VECTORS_ADDRESS = {"pgvector": "postgresql://nobody@127.0.0.1:1/none", "milvus": "http://127.0.0.1:1"}[
        broken
    ]
    with pytest.raises(SimilarityError) as caught:
        opened()
    assert (caught.value.code, caught.value.permanent) == ("vectors_unreachable", False)


@pytest.mark.django_db
@pytest.mark.parametrize(("store", "package"), [("pgvector", "pgvector.psycopg"), ("milvus", "pymilvus")])
def test_a_package_that_is_not_installed_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, store: str, package: str
) -> None:
    settings.VECTORS = store
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SimilarityError, match=package.partition(".")[0]) as caught:
        opened()
    assert caught.value.code == "vectors_package_missing"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["pgvector"], indirect=True)
def test_an_approximate_server_still_decides_exactly(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "EXACT_UP_TO", 50)
    enrol(works(1, 300), encoder=ENCODER)
    build_index(encoder=ENCODER, dimension=DIM)
    agree(opened(), unit_rows(3, 3, DIM), 10)
