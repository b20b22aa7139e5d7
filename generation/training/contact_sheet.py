"""The contact sheet of the docs: 12 prompts by 4 seeds from the bundled pipeline.

python -m generation.training.contact_sheet --out docs/models/colophon-mini-contact-sheet.webp
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoPipelineForText2Image
from PIL import Image

from generation.training import runs, sheet

PROMPTS = (
    "a harbour at sunset",
    "portrait of a woman",
    "still life with flowers",
    "winter landscape",
    "a harbour at sunset in the style of Claude Monet",
    "a landscape in the style of Ivan Bilibin",
    "portrait of a man in the style of Rembrandt",
    "ships in a storm in the style of Ivan Aivazovsky",
    "portrait of a woman in the style of Pierre-Auguste Renoir",
    "Venice in the style of Canaletto",
    "a garden in the style of Claude Monet",
    "a landscape in the style of Nicholas Roerich",
)
SEEDS = (0, 1, 2, 3)


def load_pipeline(folder: Path, device: torch.device) -> tuple[Any, dict[str, Any]]:
    """The bundled pipeline and its passport, in float32 on a CPU and float16 on a GPU."""
    dtype = torch.float32 if device.type == "cpu" else torch.float16
    pipe = AutoPipelineForText2Image.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    pipe.unet.to(memory_format=torch.channels_last)
    pipe.vae.to(memory_format=torch.channels_last)
    return pipe.to(device), json.loads((folder / "passport.json").read_text(encoding="utf-8"))


def draw(pipe: Any, prompts: list[str], seeds: list[int], steps: int, guidance: float) -> list[Image.Image]:
    """One 256 px picture per prompt and seed; the noise is drawn on the CPU, so a seed means the same everywhere."""
    images: list[Image.Image] = pipe(
        prompts,
        height=256,
        width=256,
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
    ).images
    return images


def main() -> None:
    """Draw the sheet and say how long one picture takes alone."""
    run, args = runs.start(
        __doc__ or "",
        model="generation/bundled/colophon-mini",
        out="docs/models/colophon-mini-contact-sheet.webp",
        steps=0,
        guidance=0.0,
    )
    pipe, passport = load_pipeline(Path(args.model), run.device)
    steps, guidance = args.steps or passport["default_steps"], args.guidance or passport["default_guidance"]
    rows = [draw(pipe, [prompt] * len(SEEDS), list(SEEDS), steps, guidance) for prompt in PROMPTS]
    sheet.write(Path(args.out), rows, list(PROMPTS), quality=84)
    start = time.perf_counter()
    for seed in range(5):
        draw(pipe, [PROMPTS[0]], [seed], steps, guidance)
    print(f"{(time.perf_counter() - start) / 5:.2f} s a picture, {steps} steps, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
