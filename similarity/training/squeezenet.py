"""SqueezeNet 1.0 (Iandola et al., arXiv 1602.07360) as a teacher and as the row to compare with.

Its weights (torchvision's keys) are read from the data folder; they are neither shipped nor part of any
file that is. Input: RGB 0..255 minus (123, 117, 104).
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = Path("weights") / "squeezenet1_0_imagenet.safetensors"
MEAN = (123.0, 117.0, 104.0)
FIRES = (
    (96, 16, 64),
    (128, 16, 64),
    (128, 32, 128),
    (256, 32, 128),
    (256, 48, 192),
    (384, 48, 192),
    (384, 64, 256),
    (512, 64, 256),
)
"""Input channels, squeeze channels, channels of each expand branch."""


class Fire(nn.Module):
    """Squeeze to few channels, then expand by 1x1 and 3x3 side by side."""

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``[n, inputs, h, w]`` to ``[n, 2 * expand, h, w]``."""
        x = self.squeeze(x).relu_()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1).relu_()


class SqueezeNet(nn.Module):
    """The feature layers; ``forward`` returns the maps after each of the first fire modules."""

    def __init__(self) -> None:
        super().__init__()
        pools = {1, 4, 8}
        layers: list[nn.Module] = [nn.Conv2d(3, 96, 7, stride=2), nn.ReLU(inplace=True)]
        for i, fire in enumerate(FIRES, start=1):
            if i in pools:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            layers.append(Fire(*fire))
        self.features = nn.Sequential(*layers)

    def forward(self, rgb: Tensor, modules: int = len(FIRES)) -> list[Tensor]:
        """Maps of the first *modules* fire modules for RGB ``[n, 3, h, w]`` in 0..255."""
        x = rgb - torch.tensor(MEAN, device=rgb.device).view(1, 3, 1, 1)
        maps: list[Tensor] = []
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, Fire):
                maps.append(x)
                if len(maps) == modules:
                    break
        return maps


def load(data: Path) -> SqueezeNet:
    """The network with its weights in float32, frozen; FileNotFoundError without the data folder."""
    net = SqueezeNet()
    state = {k: v.float() for k, v in load_file(data / WEIGHTS).items() if k.startswith("features.")}
    net.load_state_dict(state)
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def statistics(maps: list[Tensor]) -> Tensor:
    """Mean and standard deviation over positions of all maps: ``[n, 2 * channels]``."""
    parts = []
    for m in maps:
        rows = m.permute(0, 2, 3, 1).flatten(1, 2)
        mean = rows.mean(1)
        parts += [mean, (rows.square().mean(1) - mean.square()).clamp(min=0).sqrt()]
    return torch.cat(parts, 1)
