"""Choose the readout on the validation artists: ``python -m similarity.training.choose --packed FOLDER``.

Prints a line per setting, best first. The test artists are not looked at.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import torch

from similarity import readout
from similarity.training import metrics
from similarity.training.data import DEFAULT_DATA, read_split
from similarity.training.embed import pooled
from similarity.training.evaluate import Bench
from similarity.training.export import BUNDLED
from similarity.training.train import part_of

SHRINKAGES = (0.02, 0.1, 0.3, 0.6, 0.75, 0.9)
DAMPINGS = (0.0, 0.25, 0.5)
DIMS = (96, 192, 256)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Choose the readout of Colophon-Style")
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--packed", type=Path, required=True, help="folder of decoded pictures")
    parser.add_argument("--each", type=int, default=1000, help="works an artist to fit on")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    bench = Bench(args.model, args.data, args.packed, torch.device("cpu"))
    split = read_split()
    train, train_artist = part_of(bench.works, split.train, args.each)[:2]
    rows, artist, _ = part_of(bench.works, split.validation)
    known = pooled(bench.crops(train, f"train-{args.each}"))
    held = pooled(bench.crops(rows, "validation"))
    lines = []
    for shrinkage, damping, dims in product(SHRINKAGES, DAMPINGS, DIMS):
        fitted = readout.fit_plda(known, train_artist, shrinkage=shrinkage, out=dims, damping=damping)
        found = metrics.figures(fitted.apply(held), artist)
        score = found["R@1"] + found["AUC work-artist"]
        text = " ".join(f"{name} {value:.3f}" for name, value in found.items())
        lines.append((score, f"shrinkage {shrinkage} damping {damping} dims {dims}: {text}"))
    for _, line in sorted(lines, reverse=True):
        print(line)


if __name__ == "__main__":
    main()
