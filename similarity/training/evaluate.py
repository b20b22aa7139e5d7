"""Measure the bundled model: ``python -m similarity.training.evaluate --data ../shared/data``.

Every row of the table uses the same works of the held-out artists, the same definitions (``metrics.py``)
and nothing of those artists but their works as queries and references. Whitening and readouts are fitted on
the training artists. SqueezeNet's statistics of whole works are measured beside it when its weights are there.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from similarity import readout
from similarity.training import captions, duplicates, metrics, squeezenet, views
from similarity.training.data import DEFAULT_DATA, Listed, pack, read_split, read_works
from similarity.training.embed import embed_all_crops, embed_crops, pooled
from similarity.training.export import BUNDLED
from similarity.training.model import Normalise
from similarity.training.teacher import batch_tensor, statistics_of_works
from similarity.training.train import part_of

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Bench:
    """The model under test with the works it is tested on."""

    def __init__(self, folder: Path, data: Path, packed: Path, device: torch.device) -> None:
        model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{folder}", device=device)
        self.model: Any = model.eval().to(memory_format=torch.channels_last)
        self.tokenize = open_clip.get_tokenizer(f"local-dir:{folder}")
        self.config = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
        self.side = int(self.config["model_cfg"]["vision_cfg"]["image_size"])
        preprocess = self.config["preprocess_cfg"]
        self.normalise = Normalise(preprocess["mean"], preprocess["std"]).to(device)
        self.readout, _ = readout.load(folder / "readout.safetensors")
        self.device = device
        self.works = read_works()
        self.pictures = pack(data / "art.zip", self.works, packed)
        self.packed = packed

    def crops(self, rows: Ints, part: str) -> Floats:
        """Unit crop embeddings ``[works, crops, dim]``."""
        return embed_all_crops(self.model, self.config, self.pictures, rows, self.packed, part)

    def milliseconds(self, repeats: int = 20) -> dict[str, float]:
        """One image with all its crops on one core: processor time and wall time, median and least."""
        picture = np.array(self.pictures[0])
        busy, wall = [], []
        for _ in range(repeats + 3):
            start, clock = time.process_time(), time.perf_counter()
            pixels = views.crops(picture, views.CROPS, self.side)
            with torch.inference_mode():
                self.model.encode_image(self.normalise(batch_tensor(pixels, self.device)))
            busy.append((time.process_time() - start) * 1e3)
            wall.append((time.perf_counter() - clock) * 1e3)
        median = {"processor": float(np.median(busy[3:])), "wall": float(np.median(wall[3:]))}
        return {**median, "least processor": min(busy[3:]), "least wall": min(wall[3:])}

    def recall_of_captions(self, rows: Ints, works: list[Listed], crops: Floats, k: int = 10) -> Any:
        """Share of held-out titles whose own picture is among the ``k`` nearest, and chance."""
        lines = [captions.plain(w) for w in works]
        with torch.inference_mode():
            text = torch.cat(
                [
                    self.model.encode_text(self.tokenize(lines[i : i + 256]).to(self.device))
                    for i in range(0, len(lines), 256)
                ]
            )
        unit = F.normalize(text, dim=1).float().cpu().numpy()
        found = metrics.caption_recall(unit, pooled(crops), k)
        return {"recall": found, "chance": k / len(rows), "pool": len(rows)}


def table_of(train: Floats, train_artist: Ints, held: Floats, artist: Ints, fitted: Any) -> Any:
    """Figures raw, centred and whitened, and with the readout ``fitted``."""
    whitening = readout.fit_whitening(train, shrinkage=0.1)
    plda = fitted or readout.fit_plda(train, train_artist, shrinkage=0.3, out=192, damping=0.0)
    rows: dict[str, Any] = {}
    for name, vectors in (
        ("raw", readout.unit(held)),
        ("centred and whitened", whitening.apply(held)),
        ("readout", plda.apply(held)),
    ):
        values: dict[str, Any] = dict(metrics.figures(vectors, artist))
        work = metrics.per_work(vectors, artist)
        values["intervals"] = metrics.bootstrap(work, rounds=300)
        by_artist = [float(work.hit1[artist == a].mean()) for a in range(int(artist.max()) + 1)]
        values["R@1 worst tenth of artists"] = float(np.quantile(by_artist, 0.1))
        rows[name] = values
    return rows


def squeezenet_rows(table: Floats, train: Ints, train_artist: Ints, held: Ints, artist: Ints) -> Any:
    """The same three rows for SqueezeNet's statistics, standardised and on 256 principal axes.

    ``table`` is ``[works, 5120]``. Raw means the statistics as they are.
    """
    mean, scale = table[train].mean(0), table[train].std(0) + 1e-4
    near = (table - mean) / scale
    _, axes = np.linalg.eigh(near[train].T @ near[train])
    near = readout.unit(near @ axes[:, ::-1][:, :256])
    rows = table_of(near[train], train_artist, near[held], artist, None)
    rows["raw"] = dict(metrics.figures(readout.unit(table[held]), artist))
    rows["raw"]["intervals"] = metrics.bootstrap(metrics.per_work(readout.unit(table[held]), artist), rounds=300)
    return rows


def altered(picture: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Enlarged to twice its size and saved as JPEG of quality 60, or, every other turn, as WebP of 70."""
    if turn % 2:
        picture = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    else:
        coded = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 70])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def altered_queries(bench: Bench, rows: Ints, artist: Ints, crops: Floats, count: int = 400) -> Any:
    """R@1 of ``count`` queries as they are, and altered against the same unaltered references."""
    chosen = np.random.default_rng(0).permutation(len(rows))[:count]
    pictures: Any = [altered(np.array(bench.pictures[int(rows[i])]), turn) for turn, i in enumerate(chosen)]
    again = embed_crops(
        bench.model,
        bench.normalise,
        pictures,
        np.arange(len(chosen)),
        boxes=views.CROPS,
        side=bench.side,
        device=bench.device,
    )
    gallery = bench.readout.apply(pooled(crops))
    found = {}
    for name, queries in (("as they are", gallery[chosen]), ("altered", bench.readout.apply(pooled(again)))):
        table = queries @ gallery.T
        table[np.arange(len(chosen)), chosen] = -np.inf
        found[f"R@1 {name}"] = float((artist[table.argmax(1)] == artist[chosen]).mean())
    return {"queries": len(chosen), **found}


def measure(bench: Bench, data: Path, part: str, teacher: Path, each: int) -> dict[str, Any]:
    """Everything measured on one part of the split."""
    split = read_split()
    rows, artist, works = part_of(bench.works, split.part(part))
    train, train_artist, _ = part_of(bench.works, split.train, each)
    crops, train_crops = bench.crops(rows, part), bench.crops(train, f"train-{each}")
    result: dict[str, Any] = {"part": part, "works": len(rows), "artists": int(artist.max()) + 1}
    result["colophon-style"] = table_of(pooled(train_crops), train_artist, pooled(crops), artist, bench.readout)
    one = readout.unit(crops[:, 0])
    result["one crop, readout"] = metrics.figures(bench.readout.apply(one), artist)
    result["other codec and size, readout"] = altered_queries(bench, rows, artist, crops)
    single = duplicates.keep_one(duplicates.thumbnails(bench.pictures, rows))
    _, kept = np.unique(artist[single], return_inverse=True)
    result["duplicates removed"] = int((~single).sum())
    result["without duplicates, readout"] = metrics.figures(
        bench.readout.apply(pooled(crops[single])), kept.astype(np.int64)
    )
    result["captions, recall@10"] = bench.recall_of_captions(rows, works, crops)
    result["milliseconds"] = bench.milliseconds()
    if (data / squeezenet.WEIGHTS).exists():
        table = statistics_of_works(data, bench.pictures, teacher, bench.device)
        result["squeezenet statistics"] = squeezenet_rows(table, train, train_artist, rows, artist)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Measure Colophon-Style")
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--packed", type=Path, required=True, help="folder of decoded pictures")
    parser.add_argument("--teacher", type=Path, help="SqueezeNet's statistics, written if absent")
    parser.add_argument("--part", choices=("validation", "test"), default="test")
    parser.add_argument("--each", type=int, default=1000, help="training works an artist for whitening")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    bench = Bench(args.model, args.data, args.packed, device)
    teacher = args.teacher or args.packed / "teacher.npy"
    result = measure(bench, args.data, args.part, teacher, args.each)
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
