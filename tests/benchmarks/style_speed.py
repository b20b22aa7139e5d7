"""What an audit costs beside the bare model, and how much of the bare model's speed an import keeps.

audit    from a file's bytes to the decision, among the whole catalogue in a throw-away database, calibrated if the
         service can be; the files are the pictures of ``../shared/data/generated``, which are copies of nothing
bare     the same files: Pillow decodes, the shipped crops are cut, and the network as open_clip loads it encodes
network  only the last of that, on crops that were cut before
import   ``import_works``: read, hash, decode, image-code, encode, enrol in transactions
encode   the same pictures, decoded before, by the service's batched encoder

Rounds go bare, ours, bare and backwards, medians and their ratios by the clock and of processor time
(``credential_speed.compare``). An import's threads work beside the encoder, so by the clock it can pass 1.
"""

import io
import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from similarity.training import views
from similarity.training.export import BUNDLED
from similarity.training.model import Normalise
from similarity.training.teacher import batch_tensor
from tests.benchmarks.credential_speed import compare

IMPORT_ROUNDS = 4


def measure(data: Path, *, rounds: int, imported: int) -> dict[str, Any]:
    """Both ratios. Needs Django with an empty database that may be filled."""
    result = {"import": imports(data / "art.zip", each=imported)}
    outcome = prepare()
    files = [path.read_bytes() for path in sorted((data / "generated").glob("*.webp"))]
    whole, network = bare_encoders(files)
    ours = auditor(files)
    result["audit"] = {
        "outcome": outcome or ours().outcome,
        "rounds": rounds,
        "against bare": compare(whole, ours, rounds=rounds),
        "against the network": compare(network, ours, rounds=rounds),
    }
    return result


def prepare() -> str:
    """Load the catalogue and calibrate, as an operator would; says why not, when the service cannot be calibrated."""
    from django.core.management import call_command, get_commands

    quiet = io.StringIO()
    call_command("load_catalogue", stdout=quiet)
    if "calibrate" not in get_commands():
        return "this version has no calibrate command"
    call_command("calibrate", "--domain", "uploads", "--accept", "--reason", "benchmark", stdout=quiet, stderr=quiet)
    return ""


def auditor(files: list[bytes]) -> Callable[[], Any]:
    from similarity.audit import audit_image

    turn = itertools.cycle(files)
    return lambda: audit_image(next(turn))


def bare_encoders(files: list[bytes]) -> tuple[Callable[[], object], Callable[[], object]]:
    """From a file, and from crops that are ready, to the network's output."""
    import json

    import open_clip

    model: Any = open_clip.create_model_and_transforms(f"local-dir:{BUNDLED}")[0].eval()
    config = json.loads((BUNDLED / "open_clip_config.json").read_text(encoding="utf-8"))
    side = int(config["model_cfg"]["vision_cfg"]["image_size"])
    normalise = Normalise(config["preprocess_cfg"]["mean"], config["preprocess_cfg"]["std"])

    def ready(data: bytes) -> torch.Tensor:
        pixels = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
        prepared: torch.Tensor = normalise(batch_tensor(views.crops(pixels, views.CROPS, side), torch.device("cpu")))
        return prepared

    def encode(batch: torch.Tensor) -> object:
        with torch.inference_mode():
            return model.encode_image(batch)

    turn, batches = itertools.cycle(files), itertools.cycle([ready(data) for data in files])
    return (lambda: encode(ready(next(turn)))), (lambda: encode(next(batches)))


def imports(archive: Path, *, each: int, batch: int = 64) -> dict[str, Any]:
    """Images a second of the import and of the bare batched encode, taken in turns on other works each time."""
    from similarity.artworks import Artwork, open_collection
    from similarity.encoder import load_encoder
    from similarity.import_works import import_works

    encoder = load_encoder()
    files, works, _ = open_collection(archive)

    def read(work: Artwork) -> bytes:
        """The file with a byte behind its end, so that it is another one than the catalogue's."""
        return files.read(work.file) + b"\0"

    chosen = iter(random.Random(1).sample(works, (IMPORT_ROUNDS + 1) * each))
    taken: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
    for turn in range(IMPORT_ROUNDS + 1):
        part = list(itertools.islice(chosen, each))
        pictures = [Image.open(io.BytesIO(files.read(work.file))).convert("RGB") for work in part]
        for name in ("bare", "ours") if turn % 2 else ("ours", "bare"):
            clock, busy = time.perf_counter(), time.process_time()
            if name == "bare":
                for some in _parts(pictures, batch):
                    encoder.embed(some)
            else:
                done = import_works(
                    part,
                    read=read,
                    encoder=encoder,
                    batch=batch,
                    on_batch=lambda done, count: None,
                )
                assert done.vectors == len(part), "every work is read and enrolled"
            if turn:
                taken[name].append((each / (time.perf_counter() - clock), each / (time.process_time() - busy)))
    told: dict[str, Any] = {"works": each, "rounds": IMPORT_ROUNDS, "batch": batch}
    for at, kind in enumerate(("clock", "processor")):
        bare, ours = (statistics.median(it[at] for it in taken[name]) for name in ("bare", "ours"))
        told[kind] = {
            "bare, images/s": round(bare, 2),
            "import, images/s": round(ours, 2),
            "ratio": round(
                statistics.median(o[at] / b[at] for o, b in zip(taken["ours"], taken["bare"], strict=True)), 3
            ),
        }
    return told


def _parts(pictures: list[Image.Image], size: int) -> Iterator[list[Image.Image]]:
    for start in range(0, len(pictures), size):
        yield pictures[start : start + size]
