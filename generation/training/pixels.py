"""Training pictures decoded once into one flat memory map, and square crops out of it."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from tqdm import tqdm

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Work:
    """One row of `works.csv`: a picture, its artist (a slug), its title in lower case and its style."""

    file: str
    artist: str
    title: str
    style: str


def read_works(art: Path) -> list[Work]:
    """Rows of `art/works.csv` in file order."""
    with (art / "works.csv").open(encoding="utf-8", newline="") as handle:
        return [Work(row["file"], row["artist"], row["title"], row["style"]) for row in csv.DictReader(handle)]


# A work narrower than this (pixels) is left out of the denoiser's training: there is nothing to see at 256 px.
LEAST_SIDE = 72


def held_out(count: int, share: float, seed: int = 20261122) -> npt.NDArray[np.bool_]:
    """True for the works kept out of all training, to measure against. Shape (count,)."""
    order = np.random.default_rng(seed).permutation(count)
    mask = np.zeros(count, dtype=np.bool_)
    mask[order[: round(count * share)]] = True
    return mask


def split(shape: npt.NDArray[np.int32], share: float) -> tuple[list[int], list[int]]:
    """Which works the denoiser learns from, and which are held out of it, by their shapes (count, 2)."""
    out = held_out(len(shape), share)
    wide = [i for i in range(len(shape)) if shape[i].min() >= LEAST_SIDE]
    return [i for i in wide if not out[i]], [i for i in wide if out[i]]


class PixelStore:
    """Every picture as uint8 RGB, one after another in `pixels.u8`, with offsets in `pixels_index.npz`."""

    def __init__(self, folder: Path) -> None:
        index = np.load(folder / "pixels_index.npz")
        self.offset: npt.NDArray[np.int64] = index["offset"]
        self.shape: npt.NDArray[np.int32] = index["shape"]
        self.flat: Pixels = np.memmap(folder / "pixels.u8", dtype=np.uint8, mode="r")

    @classmethod
    def build(cls, art: Path, works: list[Work], folder: Path) -> PixelStore:
        """Decode every work of `art` into `folder`, unless that was done before."""
        if not (folder / "pixels_index.npz").exists():
            folder.mkdir(parents=True, exist_ok=True)
            offsets, shapes, at = [], [], 0
            with (folder / "pixels.u8").open("wb") as out:
                for work in tqdm(works, desc="decode"):
                    pixels = np.asarray(Image.open(art / work.file).convert("RGB"))
                    out.write(pixels.tobytes())
                    offsets.append(at)
                    shapes.append(pixels.shape[:2])
                    at += pixels.size
            np.savez(folder / "pixels_index.npz", offset=np.array(offsets, np.int64), shape=np.array(shapes, np.int32))
        return cls(folder)

    def __len__(self) -> int:
        return len(self.offset)

    def picture(self, index: int) -> Pixels:
        """One whole picture, (height, width, 3) uint8."""
        height, width = (int(side) for side in self.shape[index])
        start = int(self.offset[index])
        return self.flat[start : start + height * width * 3].reshape(height, width, 3)

    def square(self, index: int, position: float, size: int) -> Pixels:
        """The largest square at `position` (0 start … 1 end) along the longer side, resized to `size`."""
        pixels = self.picture(index)
        height, width = pixels.shape[:2]
        side = min(height, width)
        top, left = round((height - side) * position), round((width - side) * position)
        return _resize(pixels[top : top + side, left : left + side], size)

    def patch(self, index: int, native: int, size: int, rng: random.Random) -> Pixels:
        """A random `size` px patch of the picture with its short side at `native` px, mirrored at random."""
        pixels = self.picture(index)
        height, width = pixels.shape[:2]
        side = min(height, width, round(min(height, width) * size / native * rng.uniform(0.9, 1.1)))
        top, left = rng.randint(0, height - side), rng.randint(0, width - side)
        patch = _resize(pixels[top : top + side, left : left + side], size)
        return patch[:, ::-1] if rng.random() < 0.5 else patch


def _resize(pixels: Pixels, size: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC))


def to_tensor(batch: list[Pixels]) -> torch.Tensor:
    """Pictures (height, width, 3) uint8 to one float tensor (n, 3, height, width) in -1 … 1."""
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(batch)))
    return stacked.permute(0, 3, 1, 2).float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)
