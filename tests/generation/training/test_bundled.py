"""The bundled pipeline: plain diffusers loads it offline, and the same seed draws the same pixels."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "generation" / "bundled" / "colophon-mini"

pytestmark = pytest.mark.skipif(not (FOLDER / "model_index.json").exists(), reason="colophon-mini is not bundled here")


@pytest.fixture(scope="module")
def pipe() -> Any:
    from diffusers import AutoPipelineForText2Image

    loaded = AutoPipelineForText2Image.from_pretrained(FOLDER, local_files_only=True, dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def draw(pipe: Any, prompts: list[str], seeds: list[int], **options: Any) -> npt.NDArray[np.uint8]:
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
    images = pipe(prompts, generator=generators, num_inference_steps=3, guidance_scale=2.0, **options).images
    return np.stack([np.asarray(image) for image in images])


def test_same_seed_same_pixels_and_another_seed_another_picture(pipe: Any) -> None:
    prompt = ["a harbour at sunset"]
    first, second = (draw(pipe, prompt, [7], height=256, width=256) for _ in range(2))
    assert first.shape == (1, 256, 256, 3)
    assert np.array_equal(first, second)
    other = draw(pipe, prompt, [8], height=256, width=256)
    assert np.abs(first.astype(int) - other).mean() > 2


def test_neighbours_in_a_batch_change_nothing(pipe: Any) -> None:
    pair = draw(pipe, ["winter landscape", "portrait of a woman"], [1, 2], height=256, width=256)
    other = draw(pipe, ["winter landscape", "still life"], [1, 3], height=256, width=256)
    assert np.array_equal(pair[0], other[0])


def test_the_prompt_changes_the_picture(pipe: Any) -> None:
    a = draw(pipe, ["a harbour at sunset"], [7], height=256, width=256)
    b = draw(pipe, ["portrait of a woman by rembrandt"], [7], height=256, width=256)
    assert np.abs(a.astype(int) - b).mean() > 2


def test_image_to_image_and_inpainting_from_pipe(pipe: Any) -> None:
    from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

    start = Image.new("RGB", (256, 256), (120, 90, 60))
    changer = AutoPipelineForImage2Image.from_pipe(pipe)
    changer.set_progress_bar_config(disable=True)
    assert draw(changer, ["winter landscape"], [1], image=start, strength=0.7).shape == (1, 256, 256, 3)
    mask = Image.fromarray(np.pad(np.full((128, 256), 255, np.uint8), ((0, 128), (0, 0))))
    filler = AutoPipelineForInpainting.from_pipe(pipe)
    filler.set_progress_bar_config(disable=True)
    filled = draw(filler, ["a tree"], [1], image=start, mask_image=mask, height=256, width=256)
    assert filled.shape == (1, 256, 256, 3)


def test_folder_is_small_half_precision_and_has_a_passport() -> None:
    from safetensors import safe_open

    from generation.training.export import LIMIT_BYTES, folder_bytes

    assert folder_bytes(FOLDER) <= LIMIT_BYTES
    for file in FOLDER.rglob("*.safetensors"):
        with safe_open(file, "pt") as weights:
            kinds = {weights.get_slice(key).get_dtype() for key in weights.keys()}  # noqa: SIM118
        assert kinds <= {"F16", "I64"}, file
    passport = json.loads((FOLDER / "passport.json").read_text(encoding="utf-8"))
    assert passport["name"] == "colophon-mini"
    assert passport["licence"] == "Apache-2.0"
    assert passport["native_size"] == 256
    assert 1 <= passport["default_steps"] <= 50


def test_the_passport_says_what_the_listed_works_allow() -> None:
    """The sentence's numbers come from the run; the list beside the code bounds them."""
    passport = json.loads((FOLDER / "passport.json").read_text(encoding="utf-8"))
    with (ROOT / "docs" / "training-works.csv").open(encoding="utf-8", newline="") as handle:
        listed = list(csv.DictReader(handle))
    learnt = int(passport["training_statement"].split()[2].replace(",", ""))
    most = len(listed) - round(len(listed) * passport["held_out_share"])

    assert passport["training_statement"] == (
        f"trained on {learnt:,} public-domain works by {len({row['artist'] for row in listed})} artists, "
        f"among the {len(listed):,} listed in docs/training-works.csv"
    )
    assert 0.99 * most < learnt <= most
    slugs = {row["artist"].translate({ord("."): None, ord("'"): None}) for row in listed}
    assert passport["trained_on_artists"] == sorted(slugs)
    assert passport["cpu_threads"] == 1
