"""A signer of the tests' own, a story with every field filled, and pictures to sign."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings

from provenance.credentials.development import issue
from provenance.credentials.sign import Signed, sign
from provenance.credentials.story import Generation, ModelFacts, Parent, Story

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


MODEL = ModelFacts(
    name="colophon-mini",
    source="colophon-mini",
    revision="r1",
    weights_sha256="ab" * 32,
    pipeline="StableDiffusionPipeline",
    licence="CC0-1.0",
    training_statement="Public-domain paintings.\nNobody living.",
)


def generation(**changes: Any) -> Generation:
    """A use of a model with every field filled."""
    values: dict[str, Any] = {
        "model": MODEL,
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
    }
    return Generation(**{**values, **changes})


def story(**changes: Any) -> Story:
    """The story of a plain generation; fields of the generation may be given by name.

    With ``parent`` it is the story of an edit, and no model is used.
    """
    of_generation = {name: changes.pop(name) for name in list(changes) if name in Generation.__dataclass_fields__}
    # ``steps`` is a number to a generation and a list to a story.
    if isinstance(of_generation.get("steps"), tuple):
        changes["steps"] = of_generation.pop("steps")
    values: dict[str, Any] = {
        "title": "A fox at dusk",
        "created": "2026-11-22T20:00:00Z",
        "service_name": "Colophon",
        "service_version": "0.1.0",
        "work_id": "00000000-0000-0000-0000-000000000001",
        "version_id": "00000000-0000-0000-0000-000000000002",
        "iscc": "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY",
    }
    if not isinstance(changes.get("parent"), Parent):
        values["generation"] = generation(**of_generation)
    return Story(**{**values, **changes})


@pytest.fixture
def make_story() -> Callable[..., Story]:
    return story


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
