"""One maintenance run leaves nothing of a withdrawn work: in no store, in no folder, on no machine, however it ends."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from provenance.artists.models import Claim
from provenance.artists.withdraw import remove_withdrawn, withdraw_all, withdraw_works
from provenance.ledger.models import Event
from provenance.ledger.verify import verify_ledger
from similarity import generations
from similarity import index as index_module
from similarity.build_index import build_index
from similarity.encoder import Encoder
from similarity.index import Index, open_index
from similarity.models import Artist, Embedding, Reference
from similarity.publish_index import publish_due
from similarity.rows import Rows, load_rows
from similarity.stores.store import Adapter, adapter
from tests.provenance.artists.test_withdraw import enrolled, seen_by_another_encoder
from tests.similarity.conftest import painting


class Service:
    """Machines that share the rows and the store, each with an index folder of its own."""

    def __init__(self, settings: Settings, root: Path, encoder: Encoder) -> None:
        self.settings, self.root, self.encoder = settings, root, encoder
        self._open: dict[str, dict[tuple[str, str], Index]] = {}

    def on(self, machine: str) -> None:
        """Go to *machine* and the one process there."""
        self._open[Path(self.settings.INDEX_DIR).name] = dict(index_module._open)
        self.settings.INDEX_DIR = self.root / machine
        index_module.forget()
        index_module._open.update(self._open.get(machine, {}))

    def index(self) -> Index:
        return open_index(encoder=self.encoder.fingerprint, dimension=self.encoder.dimension)

    def nearest(self, seed: int) -> list[UUID]:
        return [hit.reference for hit in self.index().nearest(self.encoder.embed([painting(seed)])[0], 5)]

    def held(self) -> set[UUID]:
        """What the store holds outside of index folders."""
        held = adapter().held(self.encoder.fingerprint, self.encoder.dimension) or set()
        return {UUID(bytes=reference) for reference in held}

    def files_with(self, machine: str, reference: UUID, seed: int) -> list[Path]:
        """Files of the machine's index folder in which the work or its vector stands."""
        vector = np.asarray(self.encoder.embed([painting(seed)])[0]).astype("<f2").tobytes()
        files = [path for path in (self.root / machine).rglob("*") if path.is_file()]
        return [path for path in files if any(part in path.read_bytes() for part in (reference.bytes, vector))]


@pytest.fixture(params=("faiss", "pgvector", "milvus"))
def service(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, tiny: Encoder) -> Service:
    settings.VECTORS = request.param
    settings.VECTORS_ADDRESS = "" if request.param == "faiss" else request.getfixturevalue(f"{request.param}_address")
    empty = index_module._no_rows(tiny.dimension)
    adapter().write(tiny.fingerprint, empty, adapter().held(tiny.fingerprint, tiny.dimension))
    return Service(settings, tmp_path, tiny)


@pytest.fixture
def works(creator: User, monet: Artist, claim_of: Callable[..., Claim], service: Service) -> list[Reference]:
    """Two works, in the index of machine ``one``; two encoders have seen them."""
    claim_of()
    both = enrolled(creator, monet, 1, 2)
    seen_by_another_encoder(both)
    service.on("one")
    assert service.nearest(1)[0] == both[0].pk
    return both


def test_the_run_of_one_machine_empties_the_store_and_the_others_catch_up(
    creator: User, monet: Artist, service: Service, works: list[Reference], settings: Settings
) -> None:
    gone, stays = works
    is_on_a_server = settings.VECTORS != "faiss"
    assert service.held() == ({gone.pk, stays.pk} if is_on_a_server else set())
    reference = gone.pk

    service.on("two")
    withdraw_works(monet, by=creator, works=[reference])
    assert remove_withdrawn() == 1

    assert set(Embedding.objects.values_list("reference", flat=True)) == {stays.pk}
    assert service.held() == ({stays.pk} if is_on_a_server else set())
    assert service.files_with("two", reference, 1) == []
    assert not verify_ledger().breaks
    assert Event.objects.get(kind="artist.withdrawn").payload["references"] == [str(reference)]

    service.on("one")
    mapped = service.index()
    assert service.files_with("one", reference, 1)
    assert reference in {UUID(bytes=row.tobytes()) for row in mapped.generation.keys.references}
    assert service.nearest(1) == [stays.pk]  # what it maps is not what it answers

    settings.WITHDRAWAL_SECONDS = 0  # as if the time between two runs had passed
    index_module._asked_until.clear()
    assert service.nearest(1) == [stays.pk]
    assert service.files_with("one", reference, 1) == []
    assert service.index().generation is not mapped.generation
    assert mapped.generation.store.take(np.arange(1)).shape == (1, service.encoder.dimension)  # still mapped


def test_a_process_that_starts_later_clears_its_machine_too(
    creator: User, monet: Artist, service: Service, works: list[Reference], settings: Settings
) -> None:
    reference = works[0].pk
    service.on("two")
    withdraw_all(monet, by=creator)
    assert remove_withdrawn() == 2
    assert service.held() == set()

    settings.WITHDRAWAL_SECONDS = 0
    service.on("one")
    index_module.forget()
    assert service.nearest(1) == []
    assert service.files_with("one", reference, 1) == []


@pytest.mark.parametrize("run", [remove_withdrawn, publish_due], ids=["maintenance", "minutely"])
def test_any_run_clears_the_machine_it_comes_to(
    creator: User, monet: Artist, service: Service, works: list[Reference], run: Callable[[], int]
) -> None:
    reference = works[0].pk
    service.on("two")
    withdraw_works(monet, by=creator, works=[reference])
    remove_withdrawn()
    service.on("one")
    assert service.files_with("one", reference, 1)

    run()

    assert service.files_with("one", reference, 1) == []
    assert service.nearest(1) == [works[1].pk]


@pytest.mark.parametrize("at", ["store", "building", "removing"])
def test_the_next_run_finishes_one_that_was_killed(
    creator: User,
    monet: Artist,
    service: Service,
    works: list[Reference],
    at: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = works[0].pk
    withdraw_works(monet, by=creator, works=[reference])

    def killed(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    place = {
        "store": (type(adapter()), "remove"),
        "building": ("similarity.build_index", "_publish"),
        "removing": ("similarity.generations.shutil", "rmtree"),
    }[at]
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        if isinstance(place[0], str):
            patched.setattr(f"{place[0]}.{place[1]}", killed)
        else:
            patched.setattr(*place, killed)
        remove_withdrawn()
    assert Reference.objects.count() == 1  # the rows had gone, with their event

    assert remove_withdrawn() == 0

    assert reference not in service.held()
    assert service.files_with("one", reference, 1) == []
    assert list(generations.home(service.encoder.fingerprint).glob(".building-*")) == []
    assert Event.objects.filter(kind="artist.withdrawn").count() == 1
    assert not verify_ledger().breaks


def test_what_a_builder_puts_back_that_read_the_rows_before_goes_with_the_next_run(
    creator: User, monet: Artist, service: Service, works: list[Reference], monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = works[0].pk
    fingerprint, dimension = service.encoder.fingerprint, service.encoder.dimension

    def slow(encoder: str, dimension: int) -> tuple[int, Rows]:
        """The rows, and then everything that happens on another machine before they are written."""
        read = load_rows(encoder, dimension)
        monkeypatch.undo()
        service.on("two")
        withdraw_works(monet, by=creator, works=[reference])
        assert remove_withdrawn() == 1
        assert reference not in service.held()
        service.on("three")
        return read

    service.on("three")
    store: Adapter = adapter()
    store.write(fingerprint, index_module._no_rows(dimension), store.held(fingerprint, dimension))
    monkeypatch.setattr("similarity.build_index.load_rows", slow)
    build_index(encoder=fingerprint, dimension=dimension)
    assert (reference in service.held()) == (store.kind != "faiss")

    service.on("two")
    assert remove_withdrawn() == 0
    assert reference not in service.held()
