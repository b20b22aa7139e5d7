"""Pictures by Colophon-Mini, rendered by the service's own engine and kept by the weights' hash; resumable.

Neutral prompts name a subject and, of some, a mood: no artist, no style, no title of a work. They are written here,
shuffled once, and cut in two: no prompt and no seed that calibrates is asked about.
"""

import random
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from tests.benchmarks.style_works import Floats

MODEL = "colophon-mini"
SEED = 20261128
THINGS = (
    "a harbour", "the sea", "a fishing boat", "a river", "a lake", "a waterfall", "a bridge", "a canal", "a mill",
    "a village", "a town square", "a street", "a church", "a castle", "ruins", "a farm", "a barn", "a garden",
    "an orchard", "a park", "a forest", "a birch wood", "a field of wheat", "a meadow", "hills", "mountains",
    "a valley", "a cliff", "a beach", "a railway station", "a market", "a tavern", "a kitchen", "a library",
    "a staircase", "a window", "a woman", "a man", "a child", "an old man", "an old woman", "a girl with a book",
    "a boy with a dog",
    "a woman sewing", "a man with a hat", "a musician", "a dancer", "a soldier", "a horse", "cows", "sheep", "a cat",
    "a dog", "birds", "flowers in a vase", "fruit on a table", "bread and a jug", "a bowl of apples", "a tree",
    "an oak", "poplars", "clouds", "a road", "a gate", "a bench", "a carriage", "a family at a table",
    "two women talking", "children playing", "people in a boat",
)  # fmt: skip
MOODS = (
    "", " in the morning", " at noon", " at sunset", " at night", " in winter", " in spring", " in autumn",
    " in the rain", " in fog", " in a storm", " by candlelight", " in bright light", " seen from afar",
    " seen from near",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One picture to be made."""

    prompt: str
    seed: int


def neutral(calibration: int, test: int) -> tuple[list[Asked], list[Asked]]:
    """Prompts to calibrate with and to ask about, one picture each. ValueError when there are too few prompts."""
    prompts = [thing + mood for thing in THINGS for mood in MOODS]
    random.Random(SEED).shuffle(prompts)
    half = len(prompts) // 2
    if max(calibration, test) > half:
        raise ValueError(f"there are {half} neutral prompts for either half")
    return (
        [Asked(prompt, 1_000_000 + n) for n, prompt in enumerate(prompts[:calibration])],
        [Asked(prompt, 2_000_000 + n) for n, prompt in enumerate(prompts[half : half + test])],
    )


def in_the_style_of(names: list[str], seeds: int) -> list[Asked]:
    """Each name with *seeds* subjects."""
    things = random.Random(SEED).sample(THINGS, seeds)
    return [Asked(f"{thing} in the style of {name}", 3_000_000 + n) for name in names for n, thing in enumerate(things)]


def rendered(asked: list[Asked], scratch: Path) -> list[Path]:
    """The pictures as PNG files under *scratch*, made now where this very model did not make them before."""
    from django.conf import settings

    from generation.engines.base import PictureRequest, RenderSpec
    from generation.engines.loaded import engine_for

    engine = engine_for(MODEL)
    identity = engine.identity
    spec = RenderSpec(identity.native_size, identity.native_size, identity.default_steps, identity.default_guidance)
    folder = scratch / f"mini-{identity.weights_sha256[:16]}-{spec.steps}-{spec.guidance:g}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{one.seed}-{zlib.crc32(one.prompt.encode()):08x}.png" for one in asked]
    missing = [(one, path) for one, path in zip(asked, paths, strict=True) if not path.exists()]
    for start in tqdm(range(0, len(missing), settings.MAX_BATCH), desc="render", unit="batch", disable=not missing):
        part = missing[start : start + settings.MAX_BATCH]
        requests = [PictureRequest(one.prompt, "", one.seed) for one, _ in part]
        for (_, path), made in zip(part, engine.render(requests, spec, on_step=lambda step: None), strict=True):
            beside = path.with_suffix(".part")
            made.image.save(beside, "PNG")
            beside.replace(path)
    return paths


def embedded(paths: list[Path]) -> Floats:
    """Vectors of picture files by the service's encoder, kept beside each file by the encoder's fingerprint."""
    from similarity.encoder import load_encoder

    encoder = load_encoder()
    kept = [path.with_name(f"{path.stem}-{encoder.fingerprint[:12]}.npy") for path in paths]
    for path, place in zip(paths, kept, strict=True):
        if not place.exists():
            with Image.open(path) as image:
                np.save(place, encoder.embed([image.convert("RGB")])[0])
    return np.stack([np.load(place) for place in kept])
