"""Stand-ins that keep the contract of the real thing and cost nothing."""

import hashlib
import os
import time
from collections.abc import Callable, Sequence

from PIL import Image

from generation.engines.base import Identity, PictureRequest, Rendered, RenderSpec
from generation.model_folder import public_name

STEP_SECONDS = "COLOPHON_FAKE_STEP_SECONDS"


class FakeEngine:
    """Draws 8 × 8 coloured tiles, decided by seed and prompt alone. No torch, no weights.

    ``COLOPHON_FAKE_STEP_SECONDS`` in the environment makes each step take that long, so that a
    test has time to kill, cancel or watch.
    """

    def __init__(self, model: str) -> None:
        self.identity = Identity(
            name=public_name(model),
            source=public_name(model),
            revision="1",
            weights_sha256=hashlib.sha256(model.encode()).hexdigest(),
            pipeline="FakePipeline",
            scheduler="FakeScheduler",
            licence="CC0-1.0",
            training_statement="trained on nothing",
            trained_on_artists=(),
            default_steps=4,
            default_guidance=1.0,
            native_size=256,
        )

    def render(
        self, requests: Sequence[PictureRequest], spec: RenderSpec, *, on_step: Callable[[int], None]
    ) -> list[Rendered]:
        pause = float(os.environ.get(STEP_SECONDS, "0"))
        for step in range(1, spec.steps + 1):
            time.sleep(pause)
            on_step(step)
        return [
            Rendered(
                image=drawn(request, spec),
                batch_size=len(requests),
                dtype="uint8",
                device="cpu",
                seconds=pause * spec.steps,
                software={"fake": "1"},
            )
            for request in requests
        ]


def drawn(request: PictureRequest, spec: RenderSpec) -> Image.Image:
    """Tiles; for a picture that begins from another, half and half with it, outside the mask too."""
    picture = tiles(request, spec)
    if spec.operation == "text2img":
        assert request.source is None
        return picture
    assert request.source is not None
    assert request.source.size == (spec.width, spec.height)
    return Image.blend(request.source, picture, spec.strength / 2)


def tiles(request: PictureRequest, spec: RenderSpec) -> Image.Image:
    colours = hashlib.shake_256(f"{request.seed}\n{request.prompt}".encode()).digest(8 * 8 * 3)
    small = Image.frombytes("RGB", (8, 8), colours)
    return small.resize((spec.width, spec.height), Image.Resampling.NEAREST)
