"""Embeddings of many works by the image tower, over fixed crops."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from tqdm import tqdm

from similarity.training import views
from similarity.training.data import Pictures
from similarity.training.model import Normalise
from similarity.training.teacher import batch_tensor


@torch.inference_mode()
def embed_crops(
    model: Any,
    normalise: Normalise,
    pictures: Pictures,
    rows: NDArray[np.int64],
    *,
    boxes: tuple[views.Box, ...],
    side: int,
    device: torch.device,
    quiet: bool = False,
    cache: Path | None = None,
) -> NDArray[np.float32]:
    """Unit embedding of every crop of every work: ``[works, boxes, dim]``.

    ``cache`` is a file to read them from, or to write them to; its name must tell weights and works.
    """
    if cache and cache.exists():
        return np.asarray(np.load(cache), np.float32)
    out = []
    for part in tqdm(np.array_split(rows, max(1, len(rows) // 16)), desc="embed", unit="batch", disable=quiet):
        pixels = np.concatenate([views.crops(pictures[int(i)], boxes, side) for i in part])
        vectors = model.encode_image(normalise(batch_tensor(pixels, device)))
        unit = F.normalize(vectors, dim=1).reshape(len(part), len(boxes), -1)
        out.append(unit.float().cpu().numpy())
    table = np.concatenate(out)
    if cache:
        np.save(cache, table)
    return table


def image_hash(model: Any) -> str:
    """SHA-256, hex, of the image tower's tensors; embeddings of equal towers are equal."""
    digest = hashlib.sha256()
    for name, value in sorted(model.visual.state_dict().items()):
        digest.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def embed_all_crops(
    model: Any,
    config: dict[str, Any],
    pictures: Pictures,
    rows: NDArray[np.int64],
    folder: Path,
    name: str,
) -> NDArray[np.float32]:
    """The shipped crops of ``rows``, ``[works, crops, dim]``, kept in ``folder`` by image tower and ``name``."""
    preprocess = config["preprocess_cfg"]
    device = next(model.parameters()).device
    return embed_crops(
        model.eval(),
        Normalise(preprocess["mean"], preprocess["std"]).to(device),
        pictures,
        rows,
        boxes=views.CROPS,
        side=int(config["model_cfg"]["vision_cfg"]["image_size"]),
        device=device,
        cache=folder / f"{image_hash(model)[:16]}-{name}.npy",
    )


def pooled(crops: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over crops, L2-normalised: ``[works, boxes, dim]`` to ``[works, dim]``."""
    mean = crops.mean(axis=1)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)
