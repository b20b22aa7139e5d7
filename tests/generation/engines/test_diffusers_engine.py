"""The diffusers engine on a tiny random pipeline: what a picture depends on, and how it fails."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

from generation.engines.base import PictureRequest, Rendered, RenderSpec
from generation.errors import Cancelled, GenerationError
from generation.model_folder import weights_sha256

if TYPE_CHECKING:
    from generation.engines.diffusers_engine import DiffusersEngine

SPEC = RenderSpec(width=64, height=64, steps=3, guidance=4.0)


def request(seed: int, prompt: str = "a ship", negative: str = "") -> PictureRequest:
    return PictureRequest(prompt=prompt, negative_prompt=negative, seed=seed)


def render(engine: "DiffusersEngine", *requests: PictureRequest, spec: RenderSpec = SPEC) -> list[Rendered]:
    return engine.render(requests, spec, on_step=lambda step: None)


def pixels(rendered: Rendered) -> bytes:
    return rendered.image.tobytes()


def test_a_picture_has_the_size_asked_for_and_says_how_it_was_made(engine: "DiffusersEngine") -> None:
    spec = RenderSpec(width=96, height=72, steps=2, guidance=1.0)

    [picture] = render(engine, request(5), spec=spec)

    assert picture.image.size == (96, 72)
    assert picture.image.mode == "RGB"
    assert picture.batch_size == 1
    assert set(picture.software) == {"torch", "diffusers", "transformers"}
    assert picture.seconds > 0
    assert not picture.refused


def test_the_same_request_gives_the_same_pixels(engine: "DiffusersEngine") -> None:
    assert pixels(render(engine, request(5))[0]) == pixels(render(engine, request(5))[0])


@pytest.mark.parametrize("other", [request(6), request(5, "a tree"), request(5, negative="ugly")])
def test_another_request_gives_other_pixels(engine: "DiffusersEngine", other: PictureRequest) -> None:
    assert pixels(render(engine, request(5))[0]) != pixels(render(engine, other)[0])


def test_a_picture_depends_neither_on_neighbours_nor_on_its_place(engine: "DiffusersEngine") -> None:
    """Batches of three and of four are padded to the same bucket."""
    first = render(engine, request(5), request(1), request(2))
    second = render(engine, request(9, "a tree"), request(8), request(7), request(5))

    assert pixels(first[0]) == pixels(second[3])
    assert {picture.batch_size for picture in (*first, *second)} == {4}


def test_a_neighbours_negative_prompt_changes_nothing(engine: "DiffusersEngine") -> None:
    alone = render(engine, request(5))
    beside = render(engine, request(1, negative="ugly"), request(5))

    assert pixels(alone[0]) == pixels(beside[1])


def test_the_largest_seed_is_a_seed(engine: "DiffusersEngine") -> None:
    [picture, zero] = render(engine, request(2**64 - 1), request(0))

    assert pixels(picture) != pixels(zero)


@pytest.mark.parametrize(
    ("count", "limit", "size"), [(1, 4, 1), (2, 4, 2), (3, 4, 4), (4, 4, 4), (5, 6, 6), (5, 8, 8), (1, 1, 1)]
)
def test_buckets(count: int, limit: int, size: int) -> None:
    from generation.engines.diffusers_engine import bucket

    assert bucket(count, limit=limit) == size


def test_each_step_is_told(engine: "DiffusersEngine") -> None:
    told: list[int] = []

    engine.render([request(1)], SPEC, on_step=told.append)

    assert told == [1, 2, 3]


def test_progress_never_runs_back_in_a_mixed_batch(engine: "DiffusersEngine") -> None:
    told: list[int] = []

    engine.render([request(1), request(1, negative="ugly")], SPEC, on_step=told.append)

    assert told == sorted(told)
    assert told[-1] == 3


def test_cancelled_between_steps(engine: "DiffusersEngine") -> None:
    """Given a person who stops after the first step, no second step is made, and the engine works on."""
    told: list[int] = []

    def stop(step: int) -> None:
        told.append(step)
        raise Cancelled

    with pytest.raises(Cancelled):
        engine.render([request(5)], SPEC, on_step=stop)

    assert told == [1]
    assert len(render(engine, request(5))) == 1


@pytest.mark.parametrize(("width", "height"), [(65, 64), (64, 60)])
def test_sizes_that_are_not_multiples_of_8(engine: "DiffusersEngine", width: int, height: int) -> None:
    with pytest.raises(GenerationError) as caught:
        render(engine, request(5), spec=RenderSpec(width=width, height=height, steps=1, guidance=1.0))

    assert (caught.value.code, caught.value.permanent) == ("bad_size", True)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried …")]
)
def test_too_little_memory(engine: "DiffusersEngine", monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(**_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(engine, "_pipe", fail)

    with pytest.raises(GenerationError) as caught:
        render(engine, request(5))

    assert (caught.value.code, caught.value.permanent) == ("out_of_memory", True)


def test_what_the_models_own_checker_flags_is_marked(
    engine: "DiffusersEngine", monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = engine._pipe

    def flagging(**arguments: Any) -> Any:
        result = pipe(**arguments)
        result.nsfw_content_detected = [False, True]
        return result

    monkeypatch.setattr(engine, "_pipe", flagging)

    assert [picture.refused for picture in render(engine, request(1), request(2))] == [False, True]


def test_the_identity_is_the_passports_and_names_no_path(engine: "DiffusersEngine", tiny_model: Path) -> None:
    identity = engine.identity

    assert (identity.name, identity.source, identity.revision) == ("tiny", "colophon-tests", "3")
    assert (identity.pipeline, identity.scheduler) == ("StableDiffusionPipeline", "DPMSolverMultistepScheduler")
    assert (identity.licence, identity.training_statement) == ("CC0-1.0", "trained on nothing at all")
    assert identity.trained_on_artists == ("ada",)
    assert (identity.default_steps, identity.default_guidance, identity.native_size) == (3, 4.0, 64)
    assert identity.weights_sha256 == weights_sha256(tiny_model)
    assert str(tiny_model) not in repr(identity)


def test_an_alias_is_named_by_itself(tiny_model: Path, settings: Settings) -> None:
    from generation.engines.diffusers_engine import DiffusersEngine

    settings.MODEL_ALIASES = {"house-model": str(tiny_model)}

    assert DiffusersEngine("house-model").identity.name == "house-model"


def _load(model: str) -> GenerationError:
    from generation.engines.diffusers_engine import DiffusersEngine

    with pytest.raises(GenerationError) as caught:
        DiffusersEngine(model)
    return caught.value


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    error = _load(str(tmp_path / "absent"))

    assert (error.code, error.permanent) == ("model_not_found", True)
    assert str(tmp_path) not in error.message


def test_a_hub_model_that_is_not_on_this_machine(settings: Settings) -> None:
    settings.MODEL_DOWNLOADS = False

    error = _load("nobody/has-this-model")

    assert (error.code, error.permanent) == ("model_not_found", True)
    assert "nobody/has-this-model" in error.message


def test_weights_cut_short(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(tiny_model, folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    error = _load(str(folder))

    assert (error.code, error.permanent) == ("model_unreadable", True)
    assert str(tmp_path) not in error.message


def test_an_index_that_is_no_json(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(tiny_model, folder)
    (folder / "model_index.json").write_text("{")

    assert _load(str(folder)).code == "model_unreadable"


def test_pickled_weights_are_not_read(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_model, folder)
    unet = folder / "unet"
    (unet / "diffusion_pytorch_model.safetensors").rename(unet / "diffusion_pytorch_model.bin")

    assert _load(str(folder)).code == "model_unreadable"


def test_a_model_without_a_passport(tiny_model: Path, tmp_path: Path) -> None:
    """Its size is told by its own configuration: 8 latent pixels × 2^(4 − 1)."""
    from generation.engines.diffusers_engine import DiffusersEngine

    folder = tmp_path / "plain"
    shutil.copytree(tiny_model, folder, ignore=shutil.ignore_patterns("passport.json"))

    identity = DiffusersEngine(str(folder)).identity

    assert (identity.source, identity.revision, identity.native_size) == ("plain", "", 64)
    assert json.loads((folder / "unet" / "config.json").read_text())["sample_size"] == 8


def test_a_model_renders_with_the_threads_its_passport_asks_for(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a passport that says one thread, when a picture is rendered, then torch has one, and afterwards its own."""
    import torch

    from generation.engines.diffusers_engine import DiffusersEngine, at_most_threads

    folder = shutil.copytree(tiny_model, tmp_path / "careful")
    passport = json.loads((folder / "passport.json").read_text())
    (folder / "passport.json").write_text(json.dumps(passport | {"cpu_threads": 1}))
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("CPU threads do not matter to an accelerator")
    careful = DiffusersEngine(str(folder))
    counts = [3]
    monkeypatch.setattr(torch, "get_num_threads", lambda: counts[-1])
    monkeypatch.setattr(torch, "set_num_threads", counts.append)
    seen: list[int] = []

    spec = RenderSpec(width=64, height=64, steps=2, guidance=1.0)
    careful.render([request(1)], spec, on_step=lambda _step: seen.append(counts[-1]))

    assert (seen, counts) == ([1, 1], [3, 1, 3])
    for unasked in (0, 3, 8):
        with at_most_threads(unasked):
            assert counts == [3, 1, 3]
