"""The model as open_clip builds it, and what exists only while it is trained."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from torch import Tensor, nn
from torch.nn import functional as F


def write_config(model_cfg: dict[str, Any], preprocess_cfg: dict[str, Any], folder: Path) -> None:
    """Write ``open_clip_config.json``, the one file that says how the model is built."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"model_cfg": model_cfg, "preprocess_cfg": preprocess_cfg}, indent=2)
    (folder / "open_clip_config.json").write_text(text + "\n", encoding="utf-8")


def build(folder: Path) -> nn.Module:
    """The model of a folder's config without weights, through open_clip's own ``local-dir``."""
    model: nn.Module = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    model.to(memory_format=torch.channels_last)
    return model


class Normalise(nn.Module):
    """RGB 0..255 to the model's input, by the config's mean and standard deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1) * 255)

    def forward(self, rgb: Tensor) -> Tensor:
        """``[n, 3, h, w]`` to the same shape."""
        return (rgb - self.mean) / self.std


class Artists(nn.Module):
    """A direction for each training artist; it exists only while training."""

    def __init__(self, dim: int, artists: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(artists, dim) * 0.05)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Cosine of unit rows ``[n, dim]`` with each artist's direction: ``[n, artists]``."""
        return embeddings @ F.normalize(self.directions, dim=1).T


def embed_cells(model: Any, images: Tensor) -> Tensor:
    """What the head makes of each cell of the trunk's last map, ``[n, h, w, dim]``.

    Of a trunk with mean pooling and a linear head, the mean over cells is the picture's embedding.
    """
    tower = model.visual
    maps = tower.trunk.forward_features(images)
    count, channels, height, width = maps.shape
    cells = maps.permute(0, 2, 3, 1).reshape(-1, channels, 1, 1)
    embedded: Tensor = tower.head(tower.trunk.forward_head(cells))
    return embedded.reshape(count, height, width, -1)


class Average:
    """Exponential moving average of a module's parameters; buffers are averaged too."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards ``module``; the first updates move faster, so that the start is forgotten."""
        self.updates += 1
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        mine = self.module.state_dict()
        for name, value in module.state_dict().items():
            if value.dtype.is_floating_point:
                mine[name].lerp_(value, 1 - keep)
            else:
                mine[name].copy_(value)
