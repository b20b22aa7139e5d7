"""Readiness asks for this encoder's vectors and index, not for anybody's."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from similarity import generations
from similarity.build_index import build_index
from similarity.encoder import Encoder, encoder_fingerprint
from similarity.enrol import ArtistFacts, NewWork, enrol
from similarity.errors import SimilarityError
from similarity.ready import check_index
from tests.similarity.conftest import unit_rows, write_tiny

pytestmark = pytest.mark.django_db


def _enrol(encoder: str, *, seed: int = 1) -> None:
    vector = unit_rows(seed, 1)[0]
    work = NewWork(artist=ArtistFacts("ada", "Ada"), sha256=f"{seed:064x}", code=bytes(32), vector=vector)
    enrol([work], encoder=encoder)


def _code() -> str:
    with pytest.raises(SimilarityError) as caught:
        check_index()
    return caught.value.code


@pytest.fixture
def fingerprint(settings: Settings, tiny_folder: Path) -> str:
    settings.ENCODER = f"local-dir:{tiny_folder}"
    return encoder_fingerprint()


def test_nothing_enrolled_is_not_ready(fingerprint: str) -> None:
    assert _code() == "no_vectors"


def test_vectors_of_another_encoder_do_not_count(fingerprint: str) -> None:
    _enrol("ff" * 32)
    build_index(encoder="ff" * 32, dimension=64)
    assert _code() == "no_vectors"


def test_vectors_without_an_index_are_not_ready(fingerprint: str) -> None:
    _enrol(fingerprint)
    assert _code() == "index_missing"


def test_a_generation_that_says_it_is_anothers_does_not_count(fingerprint: str) -> None:
    _enrol(fingerprint)
    path = build_index(encoder=fingerprint, dimension=64)
    manifest = path / generations.MANIFEST
    manifest.write_text(manifest.read_text().replace(fingerprint, "ff" * 32))
    assert _code() == "index_missing"


def test_vectors_and_their_index_are_ready_even_while_it_is_behind(fingerprint: str) -> None:
    _enrol(fingerprint)
    build_index(encoder=fingerprint, dimension=64)
    check_index()
    _enrol(fingerprint, seed=2)
    check_index()


def test_an_encoder_whose_files_are_gone_is_not_ready(settings: Settings, tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "gone")
    (folder / "open_clip_model.safetensors").unlink()
    settings.ENCODER = f"local-dir:{folder}"
    assert _code() == "encoder_not_found"


def test_an_encoder_by_name_needs_vectors_and_loads_no_model(settings: Settings, tiny: Encoder) -> None:
    settings.ENCODER = "ViT-B-32/nowhere"
    assert _code() == "no_vectors"
    _enrol("ff" * 32)
    check_index()


def test_readyz_tells_the_code(client: Client, fingerprint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from config import health

    monkeypatch.setattr(health, "PROBES", {"index": health._index})
    _enrol("ff" * 32)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["parts"]["index"]) == (503, {"status": "failed", "code": "no_vectors"})
