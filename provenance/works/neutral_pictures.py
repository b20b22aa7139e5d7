"""What a model makes when it is asked for nobody's style, as the encoder sees it."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from generation.engines.loaded import engine_for
from generation.render_grid import Cell, render_grid
from provenance.works.neutral_prompts import neutral_prompts

if TYPE_CHECKING:
    from similarity.style.fit import Background

FOLDER = settings.DATA_DIR / "calibration"


def neutral_cells(count: int) -> list[Cell]:
    """One picture for each prompt, each with a seed of its own, so that pictures are independent."""
    return [Cell(prompt, seed) for seed, prompt in enumerate(neutral_prompts(count))]


def neutral_background(
    model: str, count: int, *, folder: Path | None = None, on_picture: Callable[[], None] = lambda: None
) -> tuple["Background", dict[str, Any]]:
    """*count* pictures of *model* as vectors, and the facts of the model.

    Pictures are kept in *folder* (``FOLDER``) until ``forget_pictures``: an interrupted run goes on. Raises
    ``GenerationError`` as the engine, ``SimilarityError`` as the encoder.
    """
    import numpy as np

    from similarity.encoder import load_encoder
    from similarity.pictures import decode
    from similarity.style.fit import Background

    encoder, engine = load_encoder(), engine_for(model)
    cells = neutral_cells(count)
    vectors = {}
    for cell, path in render_grid(engine, cells, folder=folder or FOLDER):
        vectors[cell] = encoder.embed([decode(path.read_bytes()).rgb])[0]
        on_picture()
    background = Background(
        vectors=np.stack([vectors[cell] for cell in cells]),
        prompts=tuple(cell.prompt for cell in cells),
        seeds=tuple(str(cell.seed) for cell in cells),
    )
    return background, asdict(engine.identity)


def forget_pictures() -> None:
    """Their vectors are in the calibration now."""
    for path in FOLDER.glob("*.png"):
        path.unlink()
