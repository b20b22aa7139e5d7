"""Pictures by Colophon-Mini, rendered as ``manage.py calibrate`` renders them; kept by what made them, resumable.

Neutral prompts are the service's own (``provenance/works/neutral_prompts.py``): the first calibrate, exactly as in the
service. Asked about are the others, and after them, with other seeds, those that calibrated.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from generation.render_grid import Cell, render_grid
from tests.benchmarks.style_works import Floats

MODEL = "colophon-mini"
FIRST_STYLED_SEED = 1_000_000
SUBJECTS = (
    "a harbour", "a river", "a forest", "a village", "a street", "a garden", "mountains", "a woman", "a man", "a child",
    "a horse", "flowers in a vase", "fruit on a table", "a church", "people in a boat", "a field", "a castle",
    "a bridge", "a room", "the sea",
)  # fmt: skip


def neutral(calibration: int, test: int) -> tuple[list[Cell], list[Cell]]:
    """Cells to calibrate with, one picture a prompt, and to ask about, likewise; no two have the same seed."""
    from provenance.works.neutral_pictures import neutral_cells
    from provenance.works.neutral_prompts import MOST

    cells = neutral_cells(MOST)
    known = cells[:calibration]
    again = [Cell(cell.prompt, MOST + cell.seed) for cell in known]
    return known, (cells[calibration:] + again)[:test]


def in_the_style_of(names: Sequence[str], seeds: int) -> list[Cell]:
    """Each name with *seeds* subjects, at most twenty."""
    subjects = random.Random(0).sample(SUBJECTS, seeds)
    prompts = [f"{subject} in the style of {name}" for name in names for subject in subjects]
    return [Cell(prompt, FIRST_STYLED_SEED + n) for n, prompt in enumerate(prompts)]


def vectors_of(cells: Sequence[Cell], folder: Path) -> Floats:
    """Vectors of the cells' pictures (cells × d), by the service's engine and encoder; made where they are missing."""
    from generation.engines.loaded import engine_for
    from similarity.encoder import load_encoder

    encoder = load_encoder()
    found = {}
    made = render_grid(engine_for(MODEL), cells, folder=folder)
    for cell, path in tqdm(made, total=len(cells), desc="render", unit="picture"):
        kept = path.with_name(f"{path.stem}-{encoder.fingerprint[:16]}.npy")
        if not kept.exists():
            with Image.open(path) as image:
                np.save(kept, encoder.embed([image.convert("RGB")])[0])
        found[cell] = np.load(kept)
    return np.stack([found[cell] for cell in cells])
