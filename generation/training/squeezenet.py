"""SqueezeNet 1.0 features: a perceptual distance for training, and a judge apart from our own models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models import squeezenet1_0

WEIGHTS = Path("weights/squeezenet1_0_imagenet.safetensors")
TAPS = (1, 5, 10)
MEAN = (123.0, 117.0, 104.0)


class SqueezeFeatures(nn.Module):
    """Frozen features of pictures (n, 3, h, w) in -1 … 1; the network wants RGB 0 … 255 less the ImageNet mean."""

    mean: torch.Tensor

    def __init__(self, data: Path) -> None:
        super().__init__()
        network = squeezenet1_0(weights=None)
        network.load_state_dict({k: v.float() for k, v in load_file(data / WEIGHTS).items()})
        self.layers = network.features
        for layer in self.layers:
            if isinstance(layer, nn.ReLU):
                layer.inplace = False
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()

    def taps(self, pictures: torch.Tensor) -> Iterator[torch.Tensor]:
        """Channel-normalised activations at three depths (LPIPS: Zhang et al. 2018, section 3)."""
        x = pictures.add(1).mul(127.5) - self.mean
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in TAPS:
                yield x / (x.square().sum(1, keepdim=True).sqrt() + 1e-4)
            if index == TAPS[-1]:
                return

    def distance(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Mean squared difference of normalised activations, summed over depths; gradients flow to `a` only."""
        with torch.no_grad():
            targets = list(self.taps(b))
        terms = [(x - y).square().sum(1).mean() for x, y in zip(self.taps(a), targets, strict=True)]
        return torch.stack(terms).sum()

    @torch.no_grad()
    def embed(self, pictures: torch.Tensor) -> torch.Tensor:
        """Spatial mean of the last features, (n, 512)."""
        x = pictures.add(1).mul(127.5) - self.mean
        pooled: torch.Tensor = self.layers(x).mean((2, 3))
        return pooled
