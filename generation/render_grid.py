"""Pictures of one model for many prompts, outside the queue: kept in a folder, and what is there is not made again."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from generation.engines.base import Engine, PictureRequest, RenderSpec
from generation.errors import GenerationError


@dataclass(frozen=True)
class Cell:
    """One picture of a grid: what it is asked to show, and its seed."""

    prompt: str
    seed: int


def grid(prompts: Sequence[str], count: int, *, seed: int = 0) -> list[Cell]:
    """*count* cells: every prompt with the first seed, then every prompt with the next."""
    return [Cell(prompts[number % len(prompts)], seed + number // len(prompts)) for number in range(count)]


def render_grid(engine: Engine, cells: Sequence[Cell], *, folder: Path) -> Iterator[tuple[Cell, Path]]:
    """Every cell with the PNG of its picture, in no particular order, at the model's own size, steps and guidance.

    A picture's name in *folder* tells weights, settings, prompt and seed, so that a run that was
    interrupted goes on where it was. Raises ``GenerationError`` as the engine does; a batch too
    large for the memory is halved first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    identity = engine.identity
    spec = RenderSpec(
        identity.native_size, identity.native_size, steps=identity.default_steps, guidance=identity.default_guidance
    )
    missing = []
    for cell in cells:
        path = folder / _name(engine, spec, cell)
        if path.exists():
            yield cell, path
        else:
            missing.append((cell, path))
    size = settings.MAX_BATCH
    while missing:
        batch = missing[:size]
        requests = [PictureRequest(cell.prompt, "", cell.seed) for cell, _path in batch]
        try:
            rendered = engine.render(requests, spec, on_step=lambda step: None)
        except GenerationError as error:
            if error.code != "out_of_memory" or len(batch) == 1:
                raise
            size = len(batch) // 2
            continue
        for (cell, path), picture in zip(batch, rendered, strict=True):
            partial = path.with_suffix(".part")
            picture.image.save(partial, "PNG")
            partial.replace(path)
            yield cell, path
        missing = missing[size:]


def _name(engine: Engine, spec: RenderSpec, cell: Cell) -> str:
    told = f"{engine.identity.weights_sha256}\n{spec}\n{cell.seed}\n{cell.prompt}"
    return f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.png"
