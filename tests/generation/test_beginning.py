"""Jobs that begin from a picture: what is asked, what the model gets, and what stays exactly as it was."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytest_django import Settings

from generation import blobs
from generation.engines.base import PictureRequest, RenderSpec
from generation.errors import GenerationError
from generation.models import Job
from generation.render import render_next
from generation.repaint import Beginning, working_size
from tests.generation.conftest import MakeJob

pytestmark = pytest.mark.django_db


def png(pixels: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


RNG = np.random.default_rng(4)
SOURCE = RNG.integers(0, 256, (50, 70, 3), dtype=np.uint8)
MASK = np.zeros((50, 70), np.uint8)
MASK[10:30, 20:50] = 255


def ask(make_job: MakeJob, **changes: Any) -> Job:
    wanted = {"operation": "img2img", "source": png(SOURCE), "strength": 0.5, "width": None, "height": None}
    return make_job(**{**wanted, **changes})


def output_of(job: Job) -> Any:
    with Image.open(io.BytesIO(blobs.get(job.outputs.get().blob))) as image:
        return np.array(image)


def test_a_job_has_the_size_of_its_source_whatever_the_models_steps_are(make_job: MakeJob) -> None:
    job = ask(make_job)
    assert (job.width, job.height, job.operation, job.strength) == (70, 50, "img2img", 0.5)
    assert render_next() == 1
    picture = output_of(job)
    assert picture.shape == SOURCE.shape
    assert (picture != SOURCE).any()


def test_what_the_mask_leaves_black_comes_back_exactly(make_job: MakeJob) -> None:
    job = ask(make_job, operation="inpaint", mask=png(MASK), strength=1.0)
    assert render_next() == 1
    picture = output_of(job)
    assert np.array_equal(picture[MASK == 0], SOURCE[MASK == 0])
    assert (picture[MASK > 0] != SOURCE[MASK > 0]).mean() > 0.9


def test_jobs_share_a_batch_only_with_their_kind(
    make_job: MakeJob, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.engines import loaded
    from tests.fakes import FakeEngine

    batches: list[tuple[str, float, int]] = []

    class Noting(FakeEngine):
        def render(self, requests: Any, spec: RenderSpec, *, on_step: Any) -> Any:
            batches.append((spec.operation, spec.strength, len(requests)))
            return super().render(requests, spec, on_step=on_step)

    settings.ENGINE = "engine of this test"
    monkeypatch.setitem(loaded._engines, (settings.ENGINE, settings.MODELS[0]), Noting(settings.MODELS[0]))
    for strength in (0.5, 0.5, 0.7):
        ask(make_job, strength=strength)
    ask(make_job, operation="inpaint", mask=png(MASK))
    make_job(width=64, height=64)
    while render_next():
        pass
    assert sorted(batches) == [("img2img", 0.5, 2), ("img2img", 0.7, 1), ("inpaint", 0.5, 1), ("text2img", 1.0, 1)]
    assert Job.objects.exclude(status="succeeded").count() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"operation": "upscale"}, "bad_operation"),
        ({"operation": "text2img"}, "bad_operation"),
        ({"source": None}, "bad_source"),
        ({"source": b"GIF89a"}, "bad_source"),
        ({"source": png(np.zeros((4, 4, 3), np.uint8))}, "bad_source"),
        ({"operation": "inpaint"}, "bad_mask"),
        ({"mask": png(MASK)}, "bad_mask"),
        ({"operation": "inpaint", "mask": png(MASK[:20])}, "bad_mask"),
        ({"strength": None}, "bad_strength"),
        ({"strength": 0}, "bad_strength"),
        ({"strength": 1.01}, "bad_strength"),
        ({"strength": float("nan")}, "bad_strength"),
    ],
)
def test_what_cannot_be_asked_is_refused(make_job: MakeJob, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(GenerationError) as refused:
        ask(make_job, **changes)
    assert refused.value.code == code
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("size", "native", "multiple", "expected"),
    [
        ((300, 200), 256, 64, (320, 192)),
        ((4000, 3000), 512, 8, (1024, 768)),
        ((10, 500), 256, 64, (64, 512)),
        ((512, 512), 512, 8, (512, 512)),
    ],
)
def test_working_sizes(size: tuple[int, int], native: int, multiple: int, expected: tuple[int, int]) -> None:
    assert working_size(*size, native=native, multiple=multiple) == expected


def test_the_model_gets_a_hard_mask_and_the_rim_is_blended() -> None:
    soft = Image.fromarray(np.tile(np.linspace(0, 255, 40).astype(np.uint8), (40, 1)))
    beginning = Beginning(Image.new("RGB", (40, 40), (100, 100, 100)), soft)
    source, mask = beginning.at((64, 64))
    assert mask is not None
    assert source.size == mask.size == (64, 64)
    assert set(np.unique(np.array(mask))) == {0, 255}
    done = np.array(beginning.finished(Image.new("RGB", (64, 64), (200, 200, 200))))
    assert done[0, 0].tolist() == [100, 100, 100]
    assert done[0, 39].tolist() == [200, 200, 200]
    assert (np.diff(done[0, :, 0].astype(int)) >= 0).all()


def test_requests_without_a_source_are_as_they_were() -> None:
    request = PictureRequest(prompt="a ship", negative_prompt="", seed=1)
    assert (request.source, request.mask, RenderSpec(8, 8, 1, 1.0).operation) == (None, None, "text2img")
