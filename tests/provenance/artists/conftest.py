"""An artist whose claim a reviewer has approved."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from provenance.artists.claim import claim_profile
from provenance.artists.decide import decide
from provenance.artists.models import Claim
from similarity import encoder as encoder_module
from similarity import index as index_module
from similarity.encoder import Encoder, load_encoder
from similarity.models import Artist
from tests.similarity.conftest import write_tiny


@pytest.fixture(autouse=True)
def _own_index(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.INDEX_DIR = tmp_path / "index"
    index_module.forget()
    encoder_module._fingerprint_of.cache_clear()
    yield
    index_module.forget()


@pytest.fixture(scope="session")
def tiny_artist_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("encoder") / "tiny-style")


@pytest.fixture
def tiny(settings: Settings, tiny_artist_encoder: Path) -> Encoder:
    settings.ENCODER = f"local-dir:{tiny_artist_encoder}"
    return load_encoder(settings.ENCODER)


@pytest.fixture
def monet(db: None) -> Artist:
    return Artist.objects.create(
        slug="claude-monet", name="Claude Monet", born=1840, died=1926, aliases=["莫奈", "モネ", "Клод Моне"]
    )


@pytest.fixture
def claim_of(creator: User, monet: Artist, reviewer: User) -> Callable[..., Claim]:
    """Make a claim of *by* (ada) to *artist* (Monet), approved unless told otherwise."""

    def make(*, by: User = creator, artist: Artist | None = monet, approved: bool = True, **fields: Any) -> Claim:
        claim, _new = claim_profile(by=by, artist=artist, **{"evidence": "My site names this account.", **fields})
        if approved:
            decide(claim=claim, reviewer=reviewer, ruling="approve", reason="The site does.")
            claim.refresh_from_db()
        return claim

    return make
