"""A grid of prompts is rendered once, whatever interrupts it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from generation.engines.base import PictureRequest, Rendered, RenderSpec
from generation.errors import GenerationError
from generation.render_grid import Cell, grid, render_grid
from tests.fakes import FakeEngine

CELLS = grid(["a river", "a church", "a horse"], 7, seed=5)


class Counting(FakeEngine):
    """Tells which seeds it was asked for; dies, or runs out of memory, when told to."""

    def __init__(self, *, dies_after: int = 100, room: int = 100) -> None:
        super().__init__("colophon-mini")
        self.asked: list[tuple[str, int]] = []
        self.dies_after, self.room = dies_after, room

    def render(
        self, requests: Sequence[PictureRequest], spec: RenderSpec, *, on_step: Callable[[int], None]
    ) -> list[Rendered]:
        if len(requests) > self.room:
            raise GenerationError("out_of_memory", "too much")
        if len(self.asked) >= self.dies_after:
            raise KeyboardInterrupt
        self.asked += [(request.prompt, request.seed) for request in requests]
        return super().render(requests, spec, on_step=on_step)


def test_every_prompt_comes_before_a_second_seed() -> None:
    assert CELLS[:4] == [Cell("a river", 5), Cell("a church", 5), Cell("a horse", 5), Cell("a river", 6)]
    assert len(set(CELLS)) == 7


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    dying = Counting(dies_after=4)
    with pytest.raises(KeyboardInterrupt):
        list(render_grid(dying, CELLS, folder=tmp_path))
    assert len(list(tmp_path.glob("*.png"))) == 4

    going_on = Counting()
    made = dict(render_grid(going_on, CELLS, folder=tmp_path))
    assert going_on.asked == [(cell.prompt, cell.seed) for cell in CELLS[4:]]
    assert set(made) == set(CELLS)
    assert len(set(made.values())) == 7
    for path in made.values():
        with Image.open(path) as picture:
            assert picture.size == (256, 256)
    assert not list(tmp_path.glob("*.part"))


def test_a_batch_too_large_is_halved(tmp_path: Path) -> None:
    assert len(list(render_grid(Counting(room=1), CELLS, folder=tmp_path))) == 7


def test_one_picture_too_large_ends_it(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="too much"):
        list(render_grid(Counting(room=0), CELLS, folder=tmp_path))
    assert not list(tmp_path.iterdir())
