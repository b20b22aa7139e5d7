"""Our noise is the scheduler's noise: training and sampling agree on what a timestep means."""

from __future__ import annotations

import torch

from generation.training.export import scheduler
from generation.training.flow import draw_sigmas, noisy


def test_sigmas_lie_between_nothing_and_noise() -> None:
    torch.manual_seed(0)
    sigmas = draw_sigmas(4000, 1.0, torch.device("cpu"))
    assert 0 < sigmas.min() < sigmas.max() < 1
    assert abs(sigmas.mean().item() - 0.5) < 0.02
    assert draw_sigmas(4000, 3.0, torch.device("cpu")).mean() > 0.6


def test_a_perfect_network_brings_the_picture_back_in_one_step() -> None:
    torch.manual_seed(0)
    latent, noise = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    x, target = noisy(latent, noise, torch.tensor([0.3, 0.9]))
    sigma = torch.tensor([0.3, 0.9]).view(2, 1, 1, 1)
    assert torch.allclose(x - sigma * target, latent, atol=1e-5)


def test_a_perfect_network_leads_the_scheduler_to_the_picture() -> None:
    torch.manual_seed(0)
    latent, noise = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    sampler = scheduler(4.0)
    sampler.set_timesteps(12)
    x, generator = noise.clone(), torch.Generator().manual_seed(0)
    for t, sigma in zip(sampler.timesteps, sampler.sigmas, strict=False):
        x = sampler.step((x - latent) / sigma, t, x, generator=generator).prev_sample
    assert torch.allclose(x, latent, atol=1e-3)


def test_the_scheduler_adds_noise_as_training_does() -> None:
    torch.manual_seed(0)
    latent, noise = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    sampler = scheduler(1.0)
    sampler.set_timesteps(8)
    middle = sampler.timesteps[4:5]
    ours, _ = noisy(latent, noise, middle / 1000)
    assert torch.allclose(sampler.add_noise(latent, noise, middle), ours, atol=5e-3)
