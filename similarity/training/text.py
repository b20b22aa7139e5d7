"""Teach the text tower more while the image tower rests: ``python -m similarity.training.text --run FOLDER``.

Pictures are embedded once, so an epoch costs only the text tower (the idea of locked-image tuning, Zhai et al.,
arXiv 2111.07991). The epoch that finds most validation captions is kept and written back to the run's checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from tqdm import tqdm

from similarity.training import captions, losses, metrics
from similarity.training.data import DEFAULT_DATA, Listed, pack, read_split, read_works
from similarity.training.embed import embed_all_crops, pooled
from similarity.training.export import restored
from similarity.training.train import part_of, rate

Floats = NDArray[np.float32]


@torch.no_grad()
def recall(model: Any, tokenize: Any, works: list[Listed], images: Floats, k: int = 10) -> float:
    """Share of titles whose own picture is among the ``k`` nearest of ``images`` ``[works, dim]``."""
    model.eval()
    tokens = tokenize([captions.plain(work) for work in works])
    parts = [model.encode_text(part, normalize=True) for part in tokens.split(256)]
    return metrics.caption_recall(torch.cat(parts).cpu().numpy(), images, k)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Tune the text tower of Colophon-Style")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--packed", type=Path, help="folder of decoded pictures")
    parser.add_argument("--each", type=int, default=1000, help="works an artist")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(11)
    words, rng = random.Random(12), np.random.default_rng(13)
    model, config = restored(args.run, torch.device("cpu"))
    tokenize = open_clip.get_tokenizer(f"local-dir:{args.run / 'model'}")
    works, split = read_works(), read_split()
    packed = args.packed or args.run / "packed"
    pictures = pack(args.data / "art.zip", works, packed)
    rows, _, known = part_of(works, split.train, args.each)
    held_rows, _, held = part_of(works, split.validation)
    train = embed_all_crops(model, config, pictures, rows, packed, f"train-{args.each}")
    images = pooled(embed_all_crops(model, config, pictures, held_rows, packed, "validation"))

    trained = [*model.text.parameters(), model.logit_scale]
    optimiser = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0.1, betas=(0.9, 0.98))
    best, kept = recall(model, tokenize, held, images), copy.deepcopy(model.state_dict())
    lines: list[dict[str, float]] = [{"epoch": 0, "validation recall@10": best}]
    steps, started = args.epochs * (len(rows) // args.batch), time.monotonic()
    bar = tqdm(range(steps), desc="text", unit="step", mininterval=10)
    order: list[int] = []
    for step in bar:
        progress = max(step / steps, (time.monotonic() - started) / 60 / args.minutes)
        if progress >= 1:
            break
        if len(order) < args.batch:
            order = list(rng.permutation(len(rows)))
        drawn, order = order[: args.batch], order[args.batch :]
        crop = torch.from_numpy(train[drawn, rng.integers(0, train.shape[1], len(drawn))])
        image = F.normalize(crop + torch.from_numpy(train[drawn].mean(1)), dim=1)
        model.train()
        model.visual.eval()
        tokens = tokenize([captions.draw(known[i], words) for i in drawn])
        text = model.encode_text(tokens, normalize=True)
        same = (tokens[:, None] == tokens[None, :]).all(2)
        scale = model.logit_scale.exp().clamp(max=50)
        for group in optimiser.param_groups:
            group["lr"] = args.lr * rate(progress, 0.1)
        loss = losses.caption_contrastive(image, text, same, scale)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        if len(order) < args.batch:
            found = recall(model, tokenize, held, images)
            lines.append({"step": step, "loss": float(loss.detach()), "validation recall@10": found})
            bar.write(json.dumps(lines[-1]))
            if found > best:
                best, kept = found, copy.deepcopy(model.state_dict())
    state = torch.load(args.run / "checkpoint.pt", map_location="cpu", weights_only=True)
    for name in state["average"]:
        if not name.startswith("visual."):
            state["average"][name] = kept[name].detach().clone()
    torch.save(state, args.run / "checkpoint.tmp")
    (args.run / "checkpoint.tmp").replace(args.run / "checkpoint.pt")
    (args.run / "text.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
