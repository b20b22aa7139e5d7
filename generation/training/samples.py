"""Pictures to measure: 500 samples whose prompts are captions of training works, of held-out works, and subjects.

Captions of training works are the prompts most likely to bring a training picture back, so half of the prompts are
those, word for word. Samples are written once per pipeline, as `samples/NNN.png` and `samples/samples.json`.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from generation.training import runs
from generation.training.captions import artist_name, clean_title
from generation.training.contact_sheet import draw, load_pipeline
from generation.training.export import folder_bytes
from generation.training.pixels import Pixels, Work, held_out, read_works

ASKED = ("a harbour", "portrait of a woman", "portrait of a man", "still life with flowers", "winter landscape", "nude")
SUBJECT_OF = {"a harbour": "harbour", "still life with flowers": "flowers"}


@dataclass(frozen=True)
class Sample:
    """What was asked for: the prompt, and the artist slug, style and subject in it, where there is one."""

    prompt: str
    seed: int
    artist: str = ""
    style: str = ""
    subject: str = ""


def prompt_of(work: Work) -> str:
    """The prompt that names a work as plainly as a caption can."""
    return f"{clean_title(work.title)} by {artist_name(work.artist)}"


def plan(works: list[Work], out: np.ndarray, count: int, seed: int) -> list[Sample]:
    """Half training captions, a quarter held-out captions, a quarter subjects and styles."""
    rng = random.Random(seed)
    trained = [w for w, kept in zip(works, out, strict=True) if not kept]
    unseen = [w for w, kept in zip(works, out, strict=True) if kept]
    chosen = rng.sample(trained, count // 2) + rng.sample(unseen, count // 4)
    samples = [Sample(prompt_of(w), 1000 + i, w.artist, w.style) for i, w in enumerate(chosen)]
    while len(samples) < count:
        asked = ASKED[len(samples) % len(ASKED)]
        samples.append(Sample(asked, 1000 + len(samples), subject=SUBJECT_OF.get(asked, asked)))
    return samples


def ensure(run: runs.Run, model: Path, count: int) -> tuple[list[Sample], list[Pixels]]:
    """The planned samples and their pictures, drawn now unless this very pipeline drew them before."""
    works = read_works(run.art)
    samples = plan(works, held_out(len(works), run.config["held_out_share"]), count, run.config["seed"])
    folder = run.work / "samples"
    folder.mkdir(exist_ok=True)
    passport = json.loads((model / "passport.json").read_text(encoding="utf-8"))
    stamp = {"passport": passport, "bytes": folder_bytes(model), "samples": [asdict(s) for s in samples]}
    record = folder / "samples.json"
    if not record.exists() or json.loads(record.read_text(encoding="utf-8")) != stamp:
        pipe, passport = load_pipeline(model, run.device)
        for start in tqdm(range(0, count, 10), desc="samples", mininterval=10):
            batch = samples[start : start + 10]
            prompts, seeds = [s.prompt for s in batch], [s.seed for s in batch]
            with torch.no_grad():
                images = draw(pipe, prompts, seeds, passport["default_steps"], passport["default_guidance"])
            for i, image in enumerate(images):
                image.save(folder / f"{start + i:03d}.png")
        record.write_text(json.dumps(stamp), encoding="utf-8")
    return samples, [np.asarray(Image.open(folder / f"{i:03d}.png").convert("RGB")) for i in range(count)]
