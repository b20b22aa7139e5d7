"""A tiny open_clip model with random weights, and pictures to feed it."""

import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from pytest_django.fixtures import Settings

from similarity import encoder as encoder_module
from similarity import index as index_module
from similarity.encoder import Encoder, load_encoder

TINY_CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 64,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    },
    "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic"},
}


def write_tiny(folder: Path, *, seed: int = 0) -> Path:
    """Save a random model as any open_clip "local-dir" is saved."""
    import torch
    from open_clip.model import CLIP
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(TINY_CONFIG))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = CLIP(**TINY_CONFIG["model_cfg"])
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return folder


def painting(seed: int, *, size: tuple[int, int] = (96, 80)) -> Image.Image:
    """A picture unlike the others: soft shapes at random places."""
    rng = random.Random(seed)
    picture = Image.new("RGB", size, tuple(rng.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        w, h = rng.randrange(8, 50), rng.randrange(8, 50)
        draw.ellipse((x - w, y - h, x + w, y + h), fill=tuple(rng.randrange(256) for _ in range(3)))
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def rgb_at(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def unit_rows(seed: int, n: int, d: int = 64) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("encoder") / "tiny-style")


@pytest.fixture(scope="session")
def _tiny_loaded(tiny_folder: Path) -> Encoder:
    return load_encoder(f"local-dir:{tiny_folder}")


@pytest.fixture
def tiny(settings: Settings, tiny_folder: Path, _tiny_loaded: Encoder) -> Encoder:
    """The service's encoder is the tiny one."""
    settings.ENCODER = f"local-dir:{tiny_folder}"
    return _tiny_loaded


@pytest.fixture(autouse=True)
def _own_index(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Index files of one test are not another's."""
    settings.INDEX_DIR = tmp_path / "index"
    index_module.forget()
    encoder_module._fingerprint_of.cache_clear()
    yield
    index_module.forget()


@pytest.fixture
def gallery(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder-per-artist tree of small pictures."""

    def make(artists: dict[str, int], *, name: str = "gallery") -> Path:
        root = tmp_path / name
        seed = 0
        for artist, count in artists.items():
            (root / artist).mkdir(parents=True)
            for number in range(1, count + 1):
                seed += 1
                (root / artist / f"{number:03d}.png").write_bytes(encoded(painting(seed)))
        return root

    return make
