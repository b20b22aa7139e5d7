"""Training terms on batches small enough to work by hand."""

import math

import pytest
import torch

from similarity.training import losses


def test_supervised_contrast_by_hand() -> None:
    """Two artists at right angles: each row sees its twin at 1 and two others at 0."""
    rows = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    value = losses.supervised_contrastive(rows, torch.tensor([0, 0, 1, 1]), 1.0)
    assert float(value) == pytest.approx(math.log(1 + 2 * math.exp(-1)), abs=1e-5)


def test_margin_costs_the_right_class() -> None:
    """Equal cosines with a margin m and scale s give log(1 + exp(s m))."""
    value = losses.margin_softmax(torch.zeros(1, 2), torch.tensor([0]), 10.0, 0.2)
    assert float(value) == pytest.approx(math.log(1 + math.exp(2)), abs=1e-5)


def test_equal_captions_are_no_mistake() -> None:
    """When all captions are the same, a table of equal logits is already at its least."""
    rows = torch.tensor([[1.0, 0], [1, 0]])
    value = losses.caption_contrastive(rows, rows, torch.ones(2, 2, dtype=torch.bool), torch.tensor(1.0))
    assert float(value) == pytest.approx(math.log(2), abs=1e-5)


def test_imitation_terms_vanish_on_the_teacher_itself() -> None:
    """A student that equals its teacher pays nothing; one that says nothing pays 1 for the cells."""
    rows = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    cells = rows.view(5, 1, 1, 7)
    assert float(losses.direction_distance(rows, rows)) == pytest.approx(0, abs=1e-6)
    assert float(losses.cell_distance(cells, cells)) == 0
    assert float(losses.cell_distance(torch.zeros_like(cells), cells)) == pytest.approx(1)
