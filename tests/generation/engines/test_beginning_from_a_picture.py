"""The diffusers engine beginning from a picture: same weights, same bytes again, the source in the result."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from generation.engines.base import PictureRequest, Rendered, RenderSpec
from generation.errors import GenerationError

if TYPE_CHECKING:
    from generation.engines.diffusers_engine import DiffusersEngine

SIZE = (64, 64)
SOURCE = Image.radial_gradient("L").resize(SIZE).convert("RGB")
MASK = Image.fromarray(np.pad(np.full((24, 24), 255, np.uint8), 20))


def render(engine: "DiffusersEngine", operation: str, *seeds: int, strength: float = 0.6) -> list[Rendered]:
    spec = RenderSpec(*SIZE, steps=4, guidance=4.0, operation=operation, strength=strength)
    mask = MASK if operation == "inpaint" else None
    requests = [PictureRequest("a ship", "", seed, SOURCE, mask) for seed in seeds]
    return engine.render(requests, spec, on_step=lambda step: None)


@pytest.mark.parametrize("operation", ["img2img", "inpaint"])
def test_the_same_request_gives_the_same_pixels_whatever_is_beside_it(
    engine: "DiffusersEngine", operation: str
) -> None:
    first = render(engine, operation, 5, 1, 2)
    second = render(engine, operation, 9, 8, 7, 5)
    assert first[0].image.size == SIZE
    assert first[0].image.tobytes() == second[3].image.tobytes()
    assert first[0].image.tobytes() != first[1].image.tobytes()


def test_a_weak_change_still_makes_a_step(engine: "DiffusersEngine") -> None:
    steps: list[int] = []
    spec = RenderSpec(*SIZE, steps=2, guidance=4.0, operation="img2img", strength=0.05)
    engine.render([PictureRequest("a ship", "", 3, SOURCE)], spec, on_step=steps.append)
    assert steps == [1]


def test_words_alone_are_drawn_as_before(engine: "DiffusersEngine") -> None:
    spec = RenderSpec(*SIZE, steps=2, guidance=4.0)
    before = engine.render([PictureRequest("a ship", "", 3)], spec, on_step=lambda step: None)
    render(engine, "inpaint", 3)
    after = engine.render([PictureRequest("a ship", "", 3)], spec, on_step=lambda step: None)
    assert before[0].image.tobytes() == after[0].image.tobytes()


def test_a_model_that_cannot_says_so(engine: "DiffusersEngine") -> None:
    with pytest.raises(GenerationError) as refused:
        render(engine, "outpaint", 1)
    assert refused.value.code == "operation_not_supported"
