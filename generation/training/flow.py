"""Rectified flow in diffusers' convention: x_s = (1 - s) picture + s noise, the network says noise - picture."""

from __future__ import annotations

import torch


def draw_sigmas(count: int, shift: float, device: torch.device) -> torch.Tensor:
    """Noise levels in 0 … 1, logit-normal (Esser et al. 2024, section 3.1), moved towards noise by `shift`."""
    plain = torch.sigmoid(torch.randn(count, device=device))
    return shift * plain / (1 + (shift - 1) * plain)


def noisy(latent: torch.Tensor, noise: torch.Tensor, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The noisy latent and the target, both (n, 4, h, w); `sigma` is (n,)."""
    level = sigma.view(-1, 1, 1, 1)
    return (1 - level) * latent + level * noise, noise - latent
