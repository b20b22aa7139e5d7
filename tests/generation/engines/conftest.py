"""The real engine on a tiny model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.generation.engines.tiny_pipeline import save_tiny_pipeline

if TYPE_CHECKING:
    from generation.engines.diffusers_engine import DiffusersEngine

PASSPORT = {
    "source": "colophon-tests",
    "revision": "3",
    "licence": "CC0-1.0",
    "training_statement": "trained on nothing at all",
    "trained_on_artists": ["ada"],
    "default_steps": 3,
    "default_guidance": 4,
    "native_size": 64,
}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that knows nothing and brings a passport."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_tiny_pipeline(folder)
    (folder / "passport.json").write_text(json.dumps(PASSPORT))
    return folder


@pytest.fixture(scope="session")
def engine(tiny_model: Path) -> "DiffusersEngine":
    import torch

    from generation.engines.diffusers_engine import DiffusersEngine

    torch.set_num_threads(1)  # so little to do that sharing it out costs more
    return DiffusersEngine(str(tiny_model))
