"""A collection that one picture resembles, judged by a calibration, seen by a tiny encoder."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytest_django.fixtures import Settings

from similarity.audit import audit_image
from similarity.build_index import build_index
from similarity.calibrate import calibrate
from similarity.calibration import accept
from similarity.encoder import Encoder, Vectors
from similarity.enrol import ArtistFacts, NewWork, enrol
from similarity.models import Audit, Calibration
from tests.similarity.collections import unit
from tests.similarity.conftest import _own_index, _tiny_loaded, painting, tiny, tiny_folder  # noqa: F401

ARTISTS, WORKS = 24, 12


def data_of(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


PICTURE = data_of(painting(7, size=(120, 96)))


@pytest.fixture(autouse=True)
def _own_keys_and_files(settings: Settings, tmp_path: Path) -> None:
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")


def enrol_artist(encoder: Encoder, slug: str, name: str, hand: Vectors, *, title: str = "Work") -> None:
    """``WORKS`` works in one hand."""
    seed = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4], "big")
    rng = np.random.default_rng(seed)
    vectors = unit(2 * hand + rng.normal(size=(WORKS, len(hand))) * 0.12)
    works = [
        NewWork(
            artist=ArtistFacts(slug, name),
            sha256=hashlib.sha256(f"{slug}/{number}".encode()).hexdigest(),
            code=hashlib.sha256(f"{number}/{slug}".encode()).digest(),
            vector=vector,
            title=f"{title} {number}",
            style="style",
        )
        for number, vector in enumerate(vectors)
    ]
    enrol(works, encoder=encoder.fingerprint)


def enrol_works(encoder: Encoder, slug: str, works: int, *, spread: float = 0.0, **fields: Any) -> None:
    """*works* in the very hand of ``PICTURE``: with no *spread* nothing is nearer."""
    rng = np.random.default_rng(works)
    with Image.open(io.BytesIO(PICTURE)) as image:
        seen = np.asarray(encoder.embed([image.convert("RGB")])[0])
    facts = ArtistFacts(slug, slug.title())
    enrol(
        [
            NewWork(
                **{
                    "artist": facts,
                    "sha256": hashlib.sha256(f"{slug}/later/{number}".encode()).hexdigest(),
                    "code": hashlib.sha256(f"{number}/later/{slug}".encode()).digest(),
                    "vector": unit(seen + rng.normal(size=encoder.dimension) * spread),
                    **fields,
                }
            )
            for number in range(works)
        ],
        encoder=encoder.fingerprint,
    )


@pytest.fixture
def collection(db: None, tiny: Encoder) -> Encoder:  # noqa: F811
    """Artists of random hands, and one in whose hand ``PICTURE`` is made."""
    rng = np.random.default_rng(11)
    for number in range(ARTISTS):
        enrol_artist(
            tiny, f"artist-{number:02d}", f"Artist {number}", unit(np.asarray(rng.normal(size=tiny.dimension)))
        )
    with Image.open(io.BytesIO(PICTURE)) as image:
        enrol_artist(tiny, "the-one", "Ada Lovelace", tiny.embed([image.convert("RGB")])[0])
    build_index(encoder=tiny.fingerprint, dimension=tiny.dimension)
    return tiny


@pytest.fixture
def calibration(collection: Encoder) -> Calibration:
    draft = calibrate(
        encoder=collection.fingerprint, dimension=collection.dimension, domain=Calibration.UPLOADS, strategy="query"
    )
    return accept(draft, reason="for a test", by="tests")


@pytest.fixture
def audit(calibration: Calibration) -> Audit:
    made = audit_image(PICTURE, prompt="after Ada Lovelace")
    made.save()
    assert made.outcome == Audit.Outcome.STYLE_MATCH, made.decision
    return made
