"""Orthogonalised steps have singular values near one, by either route."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from generation.training.muon import A, B, C, Muon, optimisers, orthogonalise


@pytest.mark.parametrize("shape", [(16, 144), (144, 16), (32, 32)])
def test_singular_values_are_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
    assert values.max() < 1.3
    assert values.median() > 0.6


def test_working_on_the_gram_matrix_is_the_textbook_iteration() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(24, 200)
    x = matrix / matrix.norm()
    for _ in range(5):
        gram = x @ x.T
        x = A * x + (B * gram + C * gram @ gram) @ x
    assert torch.allclose(orthogonalise(matrix), x, atol=1e-4)


def test_it_learns_and_leaves_vectors_to_adam() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(8, 8)
    adam, muon = optimisers([layer], 0.02, "muon")
    assert isinstance(muon, Muon)
    assert [p.ndim for p in adam.param_groups[0]["params"]] == [1]
    x, y = torch.randn(64, 8), torch.randn(64, 8) * 0.1
    before = (layer(x) - y).square().mean().item()
    for _ in range(40):
        layer.zero_grad()
        (layer(x) - y).square().mean().backward()
        adam.step()
        muon.step()
    assert (layer(x) - y).square().mean().item() < 0.5 * before
