"""Muon for matrices and convolutions, AdamW for the rest (Jordan et al. 2024): more progress from few steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

# Coefficients of the quintic Newton-Schulz iteration, from Jordan et al. 2024, "Muon".
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalise(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest matrix, roughly, with all singular values near one. (rows, columns) to the same shape.

    The iteration x <- (A + B g + C g g) x with g = x x' only ever multiplies x by polynomials of the first g. So it
    runs on the small square g alone and touches the long matrix twice: a third of the time on a CPU.
    """
    x: torch.Tensor
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    gram = x @ x.T
    product = torch.eye(len(x), device=x.device, dtype=x.dtype)
    for _ in range(steps):
        polynomial = B * gram + C * (gram @ gram)
        polynomial.diagonal().add_(A)
        product = polynomial @ product
        gram = polynomial @ gram @ polynomial
    x = product @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised per weight; the step has the root-mean-square size of an Adam step times 0.2."""

    def __init__(self, weights: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state: dict[str, Any] = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight.grad)
                average: torch.Tensor = state["momentum"]
                average.lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(average, group["momentum"])
                flat = orthogonalise(ahead.reshape(len(ahead), -1))
                size = group["lr"] * 0.2 * max(flat.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["decay"])
                weight.add_(flat.reshape(weight.shape), alpha=-size)


def optimisers(modules: list[nn.Module], lr: float, kind: str) -> list[torch.optim.Optimizer]:
    """`muon`: Muon for hidden matrices and convolutions, AdamW for the rest; `adamw`: AdamW for everything.

    Each group's `initial_lr` is what the schedule multiplies.
    """
    hidden: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for module in modules:
        for name, weight in module.named_parameters():
            edge = "embedding" in name and "time_embedding" not in name and "add_embedding" not in name
            edge = edge or name.startswith(("conv_in", "conv_out"))
            (hidden if kind == "muon" and weight.ndim >= 2 and not edge else rest).append(weight)
    made: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=lr * (0.5 if hidden else 1.0), betas=(0.9, 0.99), weight_decay=0.01)
    ]
    made += [Muon(hidden, lr=lr)] if hidden else []
    for optimiser in made:
        for group in optimiser.param_groups:
            group["initial_lr"] = group["lr"]
    return made
