"""The registry: rows are the truth, generations on disk a cache that is believed only when it is whole."""

from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from PIL import Image
from pytest_django import Settings

from provenance.recovery import generation_files, registry
from provenance.recovery.fingerprints import fingerprints_of, remember
from provenance.recovery.inverted import asked
from provenance.recovery.models import RegisteredPicture
from provenance.recovery.registry import open_registry
from provenance.recovery.words import RECORD, book, file_under, pack, unpack
from similarity import generations
from similarity.fingerprint import distances, image_code
from similarity.matching.features import features_of
from tests.provenance.recovery.pictures import painting


@pytest.fixture(autouse=True)
def _own_index(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INDEX_DIR = tmp_path / "index"
    monkeypatch.setattr(registry, "_open", None)


def register(seed: int) -> RegisteredPicture:
    row = uuid4()
    return remember(fingerprints_of(Image.fromarray(painting(seed))), source=row, subject=row, blob=f"{seed}.png")


def best(seed: int) -> int:
    return next(iter(open_registry().sharing_features(asked(features_of(painting(seed))))))


def on_disk() -> list[Path]:
    return generations.generations(generation_files.name())


@pytest.mark.django_db
def test_nothing_is_registered_at_first() -> None:
    assert len(open_registry()) == 0
    assert on_disk() == []


@pytest.mark.django_db
def test_a_picture_is_found_as_soon_as_it_is_registered() -> None:
    first = register(1)
    assert best(1) == first.pk

    second = register(2)

    assert (best(1), best(2)) == (first.pk, second.pk)
    assert open_registry().subjects([second.pk, 999_999]) == {second.pk: second.subject}
    assert on_disk() == []


@pytest.mark.django_db
def test_a_picture_is_registered_once() -> None:
    row = uuid4()
    fingerprints = fingerprints_of(Image.fromarray(painting(1)))

    first = remember(fingerprints, source=row, subject=row, blob="a.png")
    again = remember(fingerprints, source=row, subject=uuid4(), blob="b.png")

    assert again.pk == first.pk
    assert RegisteredPicture.objects.get().blob == "a.png"


@pytest.mark.django_db
def test_enough_rows_become_a_generation_that_another_process_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BESIDE", 3)
    rows = [register(seed) for seed in range(1, 6)]

    assert len(open_registry()) == 5
    assert len(on_disk()) == 1
    monkeypatch.setattr(registry, "_open", None)  # as a process that has just started
    opened = open_registry()

    assert opened.generation is not None
    assert isinstance(opened.generation.segment.signatures, np.memmap)
    assert opened.beside is None
    assert [best(seed) for seed in range(1, 6)] == [row.pk for row in rows]


@pytest.mark.django_db
def test_rows_beside_a_generation_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BESIDE", 3)
    rows = [register(seed) for seed in range(1, 6)]
    open_registry()
    late = register(9)

    assert best(9) == late.pk
    assert best(3) == rows[2].pk
    assert len(on_disk()) == 1


@pytest.mark.django_db
def test_a_row_committed_late_with_an_earlier_id_is_found() -> None:
    first, second = register(1), register(2)
    RegisteredPicture.objects.filter(pk=first.pk).delete()
    assert len(open_registry()) == 1

    first.save(force_insert=True)

    assert best(1) == first.pk
    assert len(open_registry()) == 2
    assert second.pk > first.pk


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["signatures.npy", "codes.npy", "starts.npy"])
def test_a_flipped_bit_is_noticed_and_the_index_made_anew(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(registry, "BESIDE", 3)
    rows = [register(seed) for seed in range(1, 6)]
    open_registry()
    (damaged,) = on_disk()
    data = bytearray((damaged / name).read_bytes())
    data[-1] ^= 1
    (damaged / name).write_bytes(data)
    monkeypatch.setattr(registry, "_open", None)

    assert best(4) == rows[3].pk

    assert damaged not in on_disk()
    assert len(on_disk()) == 1


@pytest.mark.django_db
def test_the_index_of_another_database_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BESIDE", 3)
    rows = [register(seed) for seed in range(1, 6)]
    open_registry()
    # The same ids, other pictures: a database that was made anew beside an index that was not.
    for row in rows:
        RegisteredPicture.objects.filter(pk=row.pk).update(source=uuid4(), subject=UUID(int=7))

    assert set(open_registry().subjects([row.pk for row in rows]).values()) == {UUID(int=7)}


@pytest.mark.django_db
def test_codes_are_compared_as_the_fingerprints_are() -> None:
    rows = [register(seed) for seed in range(1, 4)]
    code = image_code(Image.fromarray(painting(2)))
    stored = np.stack([np.frombuffer(bytes(row.image_code), np.uint8) for row in rows])

    near = open_registry().near_codes([code], within=256)

    assert near == dict(zip([row.pk for row in rows], distances(code, stored).tolist(), strict=True))
    assert open_registry().near_codes([code], within=0) == {rows[1].pk: 0}


def test_packed_features_come_back() -> None:
    features = features_of(painting(1))
    rows = unpack(pack(features))

    kept = features.spread(240)
    assert len(rows) == len(kept)
    assert (rows["word"] == file_under(kept.descriptors).words[:, 0]).all()
    assert len(pack(features)) == len(kept) * RECORD.itemsize


def test_a_plain_picture_has_no_features_and_does_no_harm() -> None:
    plain = np.full((100, 100, 3), 128, np.uint8)

    assert pack(features_of(plain)) == b""


def test_mirrored_features_are_those_of_the_mirrored_picture() -> None:
    """The shortcut (changing descriptors about) finds the words that looking into the mirror finds."""
    picture = painting(5)
    quick = features_of(picture).mirrored()
    slow = features_of(np.ascontiguousarray(picture[:, ::-1]))

    one, other = (file_under(features.descriptors).words[:, 0] for features in (quick, slow))

    common = len(set(one.tolist()) & set(other.tolist()))
    assert common >= 0.6 * min(len(set(one.tolist())), len(set(other.tolist())))


def test_the_vocabulary_is_whole() -> None:
    words = book()

    assert (len(words), words.projection.shape, words.mean.shape) == (16_384, (128, 64), (128,))
    assert np.isfinite(words.centroids).all()
