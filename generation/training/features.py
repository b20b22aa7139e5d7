"""SqueezeNet features of every training work, made once: for subjects, for memorisation and for adherence.

python -m generation.training.features --art ART --work WORK
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from generation.training import runs
from generation.training.pixels import PixelStore, read_works, to_tensor
from generation.training.squeezenet import SqueezeFeatures

POSITION = 0.3
SIZE = 224


def features_of_works(store: PixelStore, data: Path, path: Path, device: torch.device) -> npt.NDArray[np.float32]:
    """Features of the square at `POSITION` of each work, (works, 512) float32, cached in `path`."""
    if path.exists():
        cached: npt.NDArray[np.float32] = np.load(path)
        return cached
    network = SqueezeFeatures(data).to(device)
    rows = []
    for start in tqdm(range(0, len(store), 16), desc="features", mininterval=10):
        batch = [store.square(i, POSITION, SIZE) for i in range(start, min(start + 16, len(store)))]
        rows.append(network.embed(to_tensor(batch).to(device)).cpu().numpy())
    features = np.concatenate(rows).astype(np.float32)
    np.save(path, features)
    return features


def main() -> None:
    """Make the cache."""
    run, _ = runs.start(__doc__ or "")
    works = read_works(run.art)
    store = PixelStore.build(run.art, works, run.work)
    features_of_works(store, run.data, run.work / "features.npy", run.device)


if __name__ == "__main__":
    main()
