"""What the student is asked to imitate: the means of a frozen SqueezeNet's maps over each cell of a view.

Means over a picture of what the early and middle layers see tell hands apart better than anything we trained on
artists' names alone (docs/models/colophon-style.md). They are a sum over places, so every cell of a view is an
example of its own: sixteen in place of one. Targets are on principal axes of the training artists' works.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from similarity.training import squeezenet, views
from similarity.training.data import Pictures

Floats = NDArray[np.float32]
FITTED_EACH = 12
"""Works an artist that the axes are fitted on."""
POWER = 0.35
"""Axes are divided by their variance to this power: half would whiten; less keeps the small ones small."""


def batch_tensor(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """uint8 ``[n, h, w, 3]`` to float ``[n, 3, h, w]`` in 0..255, channels last in memory."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float()


def statistics_of_works(data: Path, pictures: Pictures, cache: Path, device: torch.device) -> Floats:
    """Statistics of every whole work at its own size, ``[works, 5120]``; read from ``cache`` if there."""
    if not cache.exists():
        net = squeezenet.load(data).to(device)
        rows = []
        with torch.inference_mode():
            for i in tqdm(range(len(pictures)), desc="teacher", unit="work"):
                rgb = batch_tensor(np.array(pictures[i])[None], device)
                rows.append(squeezenet.statistics(net(rgb))[0].cpu().numpy())
        np.save(cache, np.stack(rows))
    return np.asarray(np.load(cache), np.float32)


class CellMeans:
    """The means of the frozen network's first *modules* fire modules over the cells of a view, on principal axes."""

    def __init__(self, data: Path, device: torch.device, modules: int = len(squeezenet.FIRES)) -> None:
        self.net = squeezenet.load(data).to(device)
        self.modules = modules
        self.offset = torch.zeros(0, device=device)
        self.projection = torch.zeros(0, device=device)

    @torch.no_grad()
    def means(self, rgb: Tensor, grid: int) -> Tensor:
        """Channel means of RGB ``[n, 3, h, w]`` in 0..255: ``[n, grid, grid, channels]``, 2560 of all eight modules."""
        with torch.autocast(rgb.device.type, torch.bfloat16):
            maps = self.net(rgb, self.modules)
        return torch.cat([F.adaptive_avg_pool2d(m.float(), grid) for m in maps], 1).permute(0, 2, 3, 1)

    def fit(self, pictures: Pictures, rows: NDArray[np.int64], side: int, axes: int) -> None:
        """Find the axes on both ends of ``rows``, the training artists' works."""
        table = []
        for i in tqdm(rows, desc="teacher", unit="work", mininterval=10):
            pixels = views.crops(pictures[int(i)], views.CROPS, side)
            table.append(self.means(batch_tensor(pixels, self.projection.device), 1).mean((0, 1, 2)))
        means = torch.stack(table).double()
        centre, scale = means.mean(0), means.std(0) + 1e-4
        near = (means - centre) / scale
        variances, found = torch.linalg.eigh(near.T @ near / len(near))
        variances, found = variances.flip(0)[:axes], found.flip(1)[:, :axes]
        self.projection = (found / (variances + 1e-3) ** POWER / scale[:, None]).float()
        self.offset = centre.float() @ self.projection

    def __call__(self, rgb: Tensor, grid: int) -> Tensor:
        """Targets of a view's cells: ``[n, grid, grid, axes]``."""
        return self.means(rgb, grid) @ self.projection - self.offset

    def state_dict(self) -> dict[str, Tensor]:
        """The axes, for a checkpoint."""
        return {"offset": self.offset, "projection": self.projection}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """The axes of a checkpoint."""
        self.offset, self.projection = state["offset"], state["projection"]
