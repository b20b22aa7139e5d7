"""The terms of the training objective; each takes a batch and returns a scalar."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def supervised_contrastive(embeddings: Tensor, artist: Tensor, temperature: float) -> Tensor:
    """SupCon, the form with the sum outside the logarithm (Khosla et al., arXiv 2004.11362, eq. 2).

    ``embeddings`` are unit rows ``[n, dim]``, ``artist`` int64 ``[n]``. Rows without a partner are left out.
    """
    logits = embeddings @ embeddings.T / temperature
    eye = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(eye, -1e9)
    log_p = logits - logits.logsumexp(1, keepdim=True)
    same = (artist[:, None] == artist[None, :]) & ~eye
    count = same.sum(1)
    per_row = -(log_p * same).sum(1) / count.clamp(min=1)
    return per_row[count > 0].mean()


def margin_softmax(cosines: Tensor, artist: Tensor, scale: float, margin: float) -> Tensor:
    """CosFace (arXiv 1801.09414): the margin is taken from the right class's cosine ``[n, artists]``."""
    taken = F.one_hot(artist, cosines.shape[1]).to(cosines.dtype) * margin
    return F.cross_entropy(scale * (cosines - taken), artist)


def caption_contrastive(image: Tensor, text: Tensor, same: Tensor, scale: Tensor) -> Tensor:
    """CLIP's symmetric loss where ``same`` (bool ``[n, n]``) marks the pairs with equal captions.

    ``image`` and ``text`` are unit rows ``[n, dim]``; each row's target is uniform over its equals.
    """
    logits = scale * image @ text.T
    target = same.to(logits.dtype)
    rows = target / target.sum(1, keepdim=True)
    columns = target / target.sum(0, keepdim=True)
    by_image = -(rows * logits.log_softmax(1)).sum(1).mean()
    by_text = -(columns * logits.log_softmax(0)).sum(0).mean()
    return (by_image + by_text) / 2


def cell_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared difference of all cells' vectors; 1 is the error of saying nothing."""
    return (student - teacher).square().mean() / teacher.square().mean()


def direction_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """One minus the mean cosine between matching rows."""
    return 1 - F.cosine_similarity(student, teacher, dim=1).mean()
