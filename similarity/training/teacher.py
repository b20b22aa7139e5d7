"""What the student is asked to imitate: a frozen SqueezeNet's maps and its statistics, made discriminative.

The statistics of every whole work are computed once (``teacher.npy``, float32 ``[works, 5120]``). From those of
the training artists two targets are fitted: ``broad`` (256 principal axes, variances to the power 1/4) and
``style`` (192 discriminant axes). The maps are needed only while they are hinted, and made on the fly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from similarity import readout
from similarity.training import squeezenet
from similarity.training.data import Pictures

Floats = NDArray[np.float32]
HINTED = (2, 6, 7)
"""Fire modules whose maps are hinted: the last at stride 4, at 8 and at 16."""
HINT_CHANNELS = tuple(2 * squeezenet.FIRES[i][2] for i in HINTED)
AXES = 384
BROAD, STYLE = 256, 192


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


@dataclass(frozen=True)
class Targets:
    """What is imitated: per work of the training artists, and per channel of the hinted maps."""

    broad: Floats
    """``[works, 256]``"""
    style: Floats
    """``[works, 192]``"""
    map_mean: Floats
    map_scale: Floats
    """``[channels]`` of the hinted maps, end to end."""


def fit_targets(statistics: Floats, artist: NDArray[np.int64]) -> Targets:
    """Targets from the statistics of the training artists' works alone, ``[works, 5120]``."""
    mean, scale = statistics.mean(0), statistics.std(0) + 1e-4
    table = (statistics - mean) / scale
    variances, axes = np.linalg.eigh(table.T @ table / len(table))
    variances, axes = variances[::-1][:AXES], axes[:, ::-1][:, :AXES]
    near = readout.unit(table @ axes)
    fitted = readout.fit_plda(near, artist, shrinkage=0.3, out=STYLE, damping=0.0)
    starts = np.cumsum([0, *(4 * f[2] for f in squeezenet.FIRES)])
    means, seconds = [], []
    for i, channels in zip(HINTED, HINT_CHANNELS, strict=True):
        first = statistics[:, starts[i] : starts[i] + channels]
        spread = statistics[:, starts[i] + channels : starts[i] + 2 * channels]
        means.append(first.mean(0))
        seconds.append((first**2 + spread**2).mean(0))
    map_mean = np.concatenate(means)
    map_scale = np.sqrt(np.maximum(np.concatenate(seconds) - map_mean**2, 1e-2))
    broad = (table @ axes)[:, :BROAD] * variances[:BROAD] ** -0.25
    return Targets(broad.astype(np.float32), fitted.apply(near), map_mean, map_scale.astype(np.float32))


class Hints:
    """The frozen network's standardised maps of RGB ``[n, 3, h, w]`` in 0..255."""

    def __init__(self, data: Path, targets: Targets, device: torch.device) -> None:
        self.net = squeezenet.load(data).to(device)
        cuts = np.cumsum(HINT_CHANNELS)[:-1]
        self.mean = [torch.from_numpy(m).to(device) for m in np.split(targets.map_mean, cuts)]
        self.scale = [torch.from_numpy(s).to(device) for s in np.split(targets.map_scale, cuts)]

    @torch.no_grad()
    def __call__(self, rgb: Tensor) -> list[Tensor]:
        """Maps at strides 4, 8 and 16, each channel with mean 0 and deviation 1 over the works."""
        maps = self.net(rgb)
        return [
            (maps[i] - m[:, None, None]) / s[:, None, None]
            for i, m, s in zip(HINTED, self.mean, self.scale, strict=True)
        ]
