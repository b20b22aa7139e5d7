"""What every training run shares: arguments, seeds, device, checkpoints that survive a kill."""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

Config = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """Where a run reads and writes, and on what it computes."""

    config: Config
    data: Path
    art: Path
    work: Path
    device: torch.device
    minutes: float


def start(description: str, **extra: Any) -> tuple[Run, argparse.Namespace]:
    """Read the command line, set threads and seeds, choose the device.

    `extra` maps an option name to its default; it becomes `--name`.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", type=Path, default=Path(__file__).parent / "configs" / "cpu.json")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with art.zip and weights/")
    parser.add_argument("--art", type=Path, default=Path("var/training/art"), help="art.zip, unpacked")
    parser.add_argument("--work", type=Path, default=Path("var/training/mini"), help="scratch and checkpoints")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this long (0: the config's steps)")
    for name, default in extra.items():
        kind = type(default) if default is not None else str
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default)
    args = parser.parse_args()
    config: Config = json.loads(args.config.read_text(encoding="utf-8"))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(int(config["threads"]))
    else:
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
    seed(int(config["seed"]))
    args.work.mkdir(parents=True, exist_ok=True)
    return Run(config, args.data, args.art, args.work, device, args.minutes), args


def seed(value: int) -> None:
    """Seed Python, NumPy and torch."""
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint so that a kill leaves the old one or the new one, never half of one."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint, or None when there is none yet."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
    return state


class Clock:
    """Counts a run's minutes, those before a resume included."""

    def __init__(self, spent: float, limit_minutes: float) -> None:
        self.start = time.monotonic() - spent
        self.begun = time.monotonic()
        self.limit = limit_minutes * 60

    @property
    def spent(self) -> float:
        """Seconds of training so far, over all sittings of this run."""
        return time.monotonic() - self.start

    @property
    def over(self) -> bool:
        """True once this process has used its minutes."""
        return self.limit > 0 and time.monotonic() - self.begun > self.limit
