"""Train the model: ``python -m similarity.training.train --config cpu --run FOLDER --data ../shared/data``.

Two stages. ``--config cpu``: the image tower alone learns what a frozen network says of every cell of a view.
``--config artists``: from that run (``start_from``), on batches of P artists x K works, supervised contrast and margin
softmax on the artist and contrast with captions come in, beside the imitation. A run stopped at any time goes on
from its last checkpoint; it ends after ``steps`` steps or ``minutes`` minutes, whichever is sooner, and the learning
rate follows whichever is further on.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from similarity.training import captions, losses, metrics, views
from similarity.training.data import DEFAULT_DATA, Listed, pack, read_split, read_works
from similarity.training.embed import embed_crops, pooled
from similarity.training.model import Artists, Average, Normalise, build, embed_cells, write_config
from similarity.training.squeezenet import FIRES
from similarity.training.teacher import FITTED_EACH, CellMeans, batch_tensor

CONFIGS = Path(__file__).parent / "configs"


class Sampler:
    """Draws batches of ``artists`` artists with ``each`` works, going through each artist's works in turn."""

    def __init__(self, artist: NDArray[np.int64], artists: int, each: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.members = [np.flatnonzero(artist == a) for a in range(int(artist.max()) + 1)]
        self.weights = np.sqrt([len(m) for m in self.members])
        self.weights /= self.weights.sum()
        self.left: list[list[int]] = [[] for _ in self.members]
        self.artists, self.each = artists, each

    def draw(self) -> list[int]:
        """Positions of the batch's works, artist by artist."""
        batch: list[int] = []
        count = min(self.artists, len(self.members))
        for a in self.rng.choice(len(self.members), count, replace=False, p=self.weights):
            if len(self.left[a]) < self.each:
                self.left[a] = list(self.rng.permutation(self.members[a]))
            batch += [int(self.left[a].pop()) for _ in range(self.each)]
        return batch


def rate(progress: float, warmup: float) -> float:
    """Share of the top learning rate: linear warm-up, then a cosine to nothing."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))


class Run:
    """Everything one training run holds; ``step`` moves it by one batch."""

    def __init__(self, config: dict[str, Any], folder: Path, data: Path, device: torch.device) -> None:
        self.config, self.folder, self.device = config, folder, device
        torch.manual_seed(config["seed"])
        works, split = read_works(), read_split()
        self.pictures = pack(data / "art.zip", works, Path(config.get("packed") or folder / "packed"))
        self.rows, self.artist, self.works = part_of(works, split.train)
        self.validation = part_of(works, split.validation)
        self.side = int(config["model_cfg"]["vision_cfg"]["image_size"])
        preprocess = config["preprocess_cfg"]
        write_config(config["model_cfg"], preprocess, folder / "model")
        text_cfg = config["model_cfg"]["text_cfg"]
        vocabulary = captions.learn_vocabulary(self.works, size=text_cfg["vocab_size"])
        captions.save_vocabulary(vocabulary, folder / "model", text_cfg["context_length"])
        self.tokenize = open_clip.get_tokenizer(f"local-dir:{folder / 'model'}")
        self.model: Any = build(folder / "model").to(device)
        self.normalise = Normalise(preprocess["mean"], preprocess["std"]).to(device)
        dim = int(config["model_cfg"]["embed_dim"])
        self.teacher = CellMeans(data, device, config["modules"])
        self.artists = Artists(dim, int(self.artist.max()) + 1).to(device)
        self.average = Average(self.model, config["average_decay"])
        decayed = [p for m in (self.model, self.artists) for p in m.parameters() if p.ndim > 1]
        others = [p for m in (self.model, self.artists) for p in m.parameters() if p.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": config["weight_decay"]},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=config["lr"], betas=(0.9, 0.98))
        self.sampler = Sampler(self.artist, config["artists"], config["each"], config["seed"])
        self.rng = np.random.default_rng(config["seed"] + 1)
        self.words = random.Random(config["seed"] + 2)
        self.done, self.elapsed, self.busy = 0, 0.0, 0.0

    def batch(self) -> tuple[list[int], Tensor, Tensor]:
        """Which works, their clean views and the student's views (RGB 0..255)."""
        drawn = self.sampler.draw()
        least = float(self.config["least_area"])
        pairs = [
            views.view_pair(self.pictures[int(self.rows[i])], self.rng, side=self.side, least=least) for i in drawn
        ]
        clean = batch_tensor(np.stack([p[0] for p in pairs]), self.device)
        seen = batch_tensor(np.stack([p[1] for p in pairs]), self.device)
        return drawn, clean, seen

    def terms(self, weights: dict[str, float]) -> dict[str, Tensor]:
        """The unweighted terms of one batch, those of weight 0 left out."""
        drawn, clean, seen = self.batch()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config["bfloat16"]):
            cells = embed_cells(self.model, self.normalise(seen)).float()
        wanted = self.teacher(clean, cells.shape[1])
        embedding = cells.mean((1, 2))
        image = F.normalize(embedding, dim=1)
        out = {
            "cells": losses.cell_distance(cells, wanted),
            "view": losses.direction_distance(embedding, wanted.mean((1, 2))),
        }
        artist = torch.from_numpy(self.artist[drawn]).to(self.device)
        if weights["artist"]:
            cosines = self.artists(image)
            out["artist"] = losses.margin_softmax(cosines, artist, self.config["scale"], self.config["margin"])
        if weights["contrast"]:
            out["contrast"] = losses.supervised_contrastive(image, artist, self.config["temperature"])
        if weights["caption"]:
            tokens = self.tokenize([captions.draw(self.works[i], self.words) for i in drawn])
            same = (tokens[:, None] == tokens[None, :]).all(2)
            text = self.model.encode_text(tokens.to(self.device), normalize=True)
            scale = self.model.logit_scale.exp().clamp(max=50)
            out["caption"] = losses.caption_contrastive(image, text, same.to(self.device), scale)
        return out

    def step(self) -> dict[str, float]:
        """One optimiser step; returns the terms' values."""
        started, busy = time.monotonic(), time.process_time()
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.config["lr"] * rate(self.progress(), self.config["warmup"])
        weights = self.config["weights"]
        terms = self.terms(weights)
        total = torch.stack([weights[k] * v for k, v in terms.items()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.average.update(self.model)
        self.done += 1
        self.elapsed += time.monotonic() - started
        self.busy += time.process_time() - busy
        return {k: float(v.detach()) for k, v in terms.items()}

    def progress(self) -> float:
        """Share of the run that is done, 0..1, by steps or by minutes."""
        by_steps = self.done / int(self.config["steps"])
        return min(1.0, max(by_steps, self.elapsed / 60 / float(self.config["minutes"])))

    def validate(self) -> dict[str, float]:
        """Figures of the averaged model on the validation artists, two crops a work, centred."""
        rows, artist, _ = self.validation
        crops = embed_crops(
            self.average.module,
            self.normalise,
            self.pictures,
            rows,
            boxes=views.CROPS,
            side=self.side,
            device=self.device,
            quiet=True,
        )
        flat = pooled(crops)
        flat = flat - flat.mean(0)
        return metrics.figures(flat / np.linalg.norm(flat, axis=1, keepdims=True), artist)

    def save(self) -> None:
        """Write the checkpoint under a temporary name, then put it in place."""
        state = {
            "model": self.model.state_dict(),
            "artists": self.artists.state_dict(),
            "teacher": self.teacher.state_dict(),
            "average": self.average.module.state_dict(),
            "updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
            "done": self.done,
            "elapsed": self.elapsed,
            "busy": self.busy,
        }
        torch.save(state, self.folder / "checkpoint.tmp")
        (self.folder / "checkpoint.tmp").replace(self.folder / "checkpoint.pt")

    def resume(self) -> None:
        """Go on from the checkpoint, or fit what is imitated; random streams restart from the step number."""
        path = self.folder / "checkpoint.pt"
        if not path.exists() and self.config.get("start_from"):
            earlier = Path(self.config["start_from"])
            state = torch.load(earlier / "checkpoint.pt", self.device, weights_only=True)
            self.model.load_state_dict(state["average"])
            self.average.module.load_state_dict(state["average"])
            taught = json.loads((earlier / "config.json").read_text(encoding="utf-8")).get("modules", len(FIRES))
            if taught == self.config["modules"]:
                self.teacher.load_state_dict(state["teacher"])
                return
        if not path.exists():
            few = part_of(self.works, read_split().train, FITTED_EACH)[0]
            axes = int(self.config["model_cfg"]["embed_dim"])
            self.teacher.fit(self.pictures, self.rows[few], self.side, axes)
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.artists.load_state_dict(state["artists"])
        self.teacher.load_state_dict(state["teacher"])
        self.average.module.load_state_dict(state["average"])
        self.average.updates = state["updates"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.done, self.elapsed, self.busy = state["done"], state["elapsed"], float(state.get("busy", 0.0))
        seed = self.config["seed"] + 1000 * self.done
        self.sampler = Sampler(self.artist, self.config["artists"], self.config["each"], seed)
        self.rng, self.words = np.random.default_rng(seed + 1), random.Random(seed + 2)


def part_of(
    works: list[Listed], artists: tuple[str, ...], each: int = 1_000_000
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Listed]]:
    """Rows in the works list, artist numbers and works of one part, at most ``each`` works an artist."""
    number = {name: i for i, name in enumerate(artists)}
    rows: list[int] = []
    taken = dict.fromkeys(artists, 0)
    for i, work in enumerate(works):
        if work.artist in number and taken[work.artist] < each:
            taken[work.artist] += 1
            rows.append(i)
    labels = [number[works[i].artist] for i in rows]
    return np.array(rows, np.int64), np.array(labels, np.int64), [works[i] for i in rows]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train Colophon-Style")
    parser.add_argument("--config", default="cpu", help="name in configs/, or a path")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--packed", type=Path, help="folder of decoded pictures, shared by runs")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--set", nargs="*", default=[], help="overrides, e.g. weights.caption=0.2")
    args = parser.parse_args()
    named = CONFIGS / f"{args.config}.json"
    config = json.loads((named if named.exists() else Path(args.config)).read_text(encoding="utf-8"))
    for item in args.set:
        path, _, value = item.partition("=")
        *parents, last = path.split(".")
        target = config
        for key in parents:
            target = target[key]
        target[last] = json.loads(value)
    if args.packed:
        config["packed"] = str(args.packed)
    if args.threads:
        torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(config, args.run, args.data, device)
    run.resume()
    follow(run)


def follow(run: Run) -> None:
    """Step to the end, with a line of figures and a checkpoint every ``report_every`` steps."""
    log = (run.folder / "log.jsonl").open("a", encoding="utf-8")
    seen: dict[str, list[float]] = {}
    with tqdm(total=100, unit="%", desc="train", mininterval=10) as bar:
        while run.progress() < 1:
            for key, value in run.step().items():
                seen.setdefault(key, []).append(value)
            bar.update(round(100 * run.progress(), 2) - bar.n)
            if run.done % run.config["report_every"] == 0 or run.progress() >= 1:
                line: dict[str, float] = {"step": run.done, "minutes": round(run.elapsed / 60, 2)}
                line["core minutes"] = round(run.busy / 60, 2)
                line |= {k: round(sum(v) / len(v), 4) for k, v in seen.items()}
                line |= {k: round(v, 4) for k, v in run.validate().items()}
                log.write(json.dumps(line) + "\n")
                log.flush()
                bar.write(json.dumps(line))
                seen = {}
                run.save()
    log.close()


if __name__ == "__main__":
    main()
