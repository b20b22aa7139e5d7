"""Which part of a picture carries its score: cover one part after another and see by how much the score falls.

Occlusion as in Zeiler and Fergus 2014 (arXiv 1311.2901, section 4.2), with windows of two cells by two that overlap
by half, so that the map does not depend on where the cells' borders fall. Pure.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Cells along the long side; at most 8 × 8 windows, so as many looks of the encoder.
CELLS = 7
BATCH = 8

Scores = NDArray[np.floating]
# Scores of m pictures with one artist, m; the higher, the nearer.
Score = Callable[[Sequence[Image.Image]], Scores]


@dataclass(frozen=True)
class OcclusionMap:
    """``drops`` rows × columns: by how much the score falls when that cell is covered; negative where it rises.

    ``score`` is the uncovered picture's.
    """

    score: float
    drops: NDArray[np.float64]


def grid_of(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of about square cells for a picture of (width, height)."""
    width, height = size
    along = max(width, height)
    return max(1, round(CELLS * height / along)), max(1, round(CELLS * width / along))


def looks_of(size: tuple[int, int]) -> int:
    """How many pictures :func:`occlusion_map` has scored for a picture of (width, height)."""
    rows, columns = grid_of(size)
    return (rows + 1) * (columns + 1) + 1


def occlusion_map(
    image: Image.Image, score: Score, *, on_look: Callable[[int], None] = lambda _count: None
) -> OcclusionMap:
    """The map of one RGB picture; *score* is asked in batches, and *on_look* told the size of each that is done.

    A window is filled with the picture's mean colour. A cell's drop is the mean over the windows that cover it.
    """
    rows, columns = grid_of(image.size)
    base = float(score([image])[0])
    on_look(1)
    falls = np.empty((rows + 1) * (columns + 1))
    done = 0
    for batch in _batched(_covered(image, rows, columns)):
        falls[done : done + len(batch)] = base - np.asarray(score(batch), np.float64)
        done += len(batch)
        on_look(len(batch))
    nodes = falls.reshape(rows + 1, columns + 1)
    # A window lies around a node of the grid, so a cell is under the windows of its four corners.
    drops = (nodes[:-1, :-1] + nodes[:-1, 1:] + nodes[1:, :-1] + nodes[1:, 1:]) / 4
    return OcclusionMap(base, drops)


def _covered(image: Image.Image, rows: int, columns: int) -> Iterator[Image.Image]:
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    mean = np.round(pixels.reshape(-1, 3).mean(axis=0)).astype(np.uint8)
    tops = np.round(np.linspace(0, height, rows + 1)).astype(int)
    lefts = np.round(np.linspace(0, width, columns + 1)).astype(int)
    for row, column in itertools.product(range(rows + 1), range(columns + 1)):
        covered = pixels.copy()
        top, bottom = tops[max(row - 1, 0)], tops[min(row + 1, rows)]
        left, right = lefts[max(column - 1, 0)], lefts[min(column + 1, columns)]
        covered[top:bottom, left:right] = mean
        yield Image.fromarray(covered)


def _batched(images: Iterator[Image.Image]) -> Iterator[list[Image.Image]]:
    while batch := list(itertools.islice(images, BATCH)):
        yield batch
