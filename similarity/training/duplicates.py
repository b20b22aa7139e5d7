"""Files that show the same picture: they would make retrieval look better than it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from similarity.training.data import Pictures

SIDE = 24
ALIKE = 0.9


def thumbnails(pictures: Pictures, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Centred, unit-length 24 x 24 RGB thumbnails of whole works: ``[works, 1728]``."""
    out = np.empty((len(rows), SIDE * SIDE * 3), np.float32)
    for i, row in enumerate(rows):
        small = cv2.resize(pictures[int(row)], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        flat = small.astype(np.float32).reshape(-1)
        flat -= flat.mean()
        out[i] = flat / max(float(np.linalg.norm(flat)), 1e-6)
    return out


def keep_one(thumbs: NDArray[np.float32], alike: float = ALIKE) -> NDArray[np.bool_]:
    """True for works that correlate at less than ``alike`` with every earlier work: ``[works]``."""
    table = np.tril(thumbs @ thumbs.T, -1)
    return np.asarray(table.max(axis=1) < alike)
