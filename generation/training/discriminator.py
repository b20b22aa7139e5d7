"""A small patch discriminator that teaches the decoder texture (PatchGAN: Isola et al. 2017; hinge loss: Lim & Ye)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


class PatchDiscriminator(nn.Module):
    """Pictures (n, 3, h, w) in -1 … 1 to a map of scores (n, 1, h/8, w/8); high means real."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.utils.parametrizations.spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(widths[-1], 1, 3, 1, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Score every patch."""
        scores: torch.Tensor = self.layers(pictures)
        return scores


def hinge(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """The discriminator's loss."""
    return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
