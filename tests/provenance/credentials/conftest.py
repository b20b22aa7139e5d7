"""A signer of the tests' own, a story with every field filled, and pictures to sign."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings

from provenance.credentials.development import issue
from provenance.credentials.manifest import ModelFacts, Story
from provenance.credentials.sign import Signed, sign

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/avif": "AVIF", "image/tiff": "TIFF"}


@pytest.fixture(scope="session")
def pair() -> tuple[bytes, bytes]:
    """A development chain and key, made once."""
    return issue()


@pytest.fixture
def signer(pair: tuple[bytes, bytes], tmp_path: Path, settings: Settings) -> Path:
    """The pair in place; the folder it lies in."""
    folder = tmp_path / "keys"
    folder.mkdir()
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(folder / "chain.pem"), str(folder / "key.pem")
    settings.KEY_DIR, settings.TRUST_LIST, settings.TSA_URL = folder, "", ""
    (folder / "chain.pem").write_bytes(pair[0])
    (folder / "key.pem").write_bytes(pair[1])
    return folder


@pytest.fixture
def make_story() -> Callable[..., Story]:
    def make(**changes: Any) -> Story:
        values: dict[str, Any] = {
            "title": "A fox at dusk",
            "model": ModelFacts(
                name="colophon-mini",
                source="colophon-mini",
                revision="r1",
                weights_sha256="ab" * 32,
                pipeline="StableDiffusionPipeline",
                licence="CC0-1.0",
                training_statement="Public-domain paintings.\nNobody living.",
            ),
            "prompt": "a fox, «élan» 😀",
            "negative_prompt": "blur",
            "seed": str(2**64 - 1),
            "steps": 20,
            "guidance": 4.5,
            "scheduler": "DPMSolverMultistepScheduler",
            "width": 48,
            "height": 32,
            "batch_size": 4,
            "dtype": "float32",
            "device": "cpu",
            "software": {"torch": "2.15", "diffusers": "0.36"},
            "created": "2026-11-22T20:00:00Z",
            "service_name": "Colophon",
            "service_version": "0.1.0",
            "work_id": "00000000-0000-0000-0000-000000000001",
            "version_id": "00000000-0000-0000-0000-000000000002",
            "iscc": "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY",
        }
        return Story(**{**values, **changes})

    return make


def picture(media_type: str = "image/png", *, size: tuple[int, int] = (48, 32)) -> bytes:
    """A gradient: no two neighbouring pixels alike, so that every changed byte shows."""
    image = Image.new("RGB", size)
    image.putdata([(x * 5 % 256, y * 7 % 256, (x * y) % 256) for y in range(size[1]) for x in range(size[0])])
    out = io.BytesIO()
    image.save(out, FORMATS[media_type])
    return out.getvalue()


@pytest.fixture
def signed(signer: Path, make_story: Callable[..., Story]) -> Signed:
    return sign(picture(), media_type="image/png", story=make_story())
