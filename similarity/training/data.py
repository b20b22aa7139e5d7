"""The works on disk: reading ``works.csv``, packing pictures for cheap loading, and the artist split.

``python -m similarity.training.data --data ../shared/data`` writes the works list and the split again.

Packed folder: ``pixels.u8`` (all pictures, HWC uint8 RGB, one after the other) and ``shapes.npy``
(int64, ``[works, 3]``: offset in bytes, height, width), in the order of the works list.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import zipfile
from collections import defaultdict
from dataclasses import asdict, dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

HERE = Path(__file__).parent
WORKS_CSV = HERE.parent.parent / "docs" / "training-works.csv"
SPLIT_JSON = HERE / "split.json"
DEFAULT_DATA = Path("../shared/data")
SPLIT_SEED = 20261122


@dataclass(frozen=True)
class Listed:
    """One line of the works list: a picture and what is known of it."""

    file: str
    artist: str
    title: str
    style: str
    artist_died: int
    sha256: str


@dataclass(frozen=True)
class Split:
    """Artists of each part; no artist is in two parts."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def part(self, name: str) -> tuple[str, ...]:
        """Artists of ``train``, ``validation`` or ``test``; KeyError for another name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]


def read_works(path: Path = WORKS_CSV) -> list[Listed]:
    """Read the committed works list, in its order."""
    with path.open(encoding="utf-8", newline="") as source:
        return [
            Listed(r["file"], r["artist"], r["title"], r["style"], int(r["artist_died"]), r["sha256"])
            for r in csv.DictReader(source)
        ]


def list_archive(archive: Path) -> list[Listed]:
    """Read ``works.csv`` inside the archive and hash every picture it names."""
    with zipfile.ZipFile(archive) as bundle, bundle.open("works.csv") as raw:
        rows = list(csv.DictReader(TextIOWrapper(raw, encoding="utf-8", newline="")))
        return [
            Listed(
                r["file"],
                r["artist"],
                r["title"],
                r["style"],
                int(r["artist_died"]),
                hashlib.sha256(bundle.read(r["file"])).hexdigest(),
            )
            for r in rows
        ]


def write_works(works: list[Listed], path: Path = WORKS_CSV) -> None:
    """Write the works list (facts only)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as sink:
        out = csv.writer(sink, lineterminator="\n")
        out.writerow(["file", "artist", "title", "style", "artist_died", "sha256"])
        out.writerows([w.file, w.artist, w.title, w.style, w.artist_died, w.sha256] for w in works)


def draw_split(works: list[Listed], *, test: int, validation: int, seed: int) -> Split:
    """Draw the artist split.

    Artists are shuffled within the style they are most often listed under and dealt out in turn, so
    that each part holds every movement in about its share.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for work in works:
        counts[work.artist][work.style] += 1
    by_style: dict[str, list[str]] = defaultdict(list)
    for artist in sorted(counts):
        by_style[max(sorted(counts[artist]), key=lambda s: counts[artist][s])].append(artist)
    rng = random.Random(seed)
    ranked: list[tuple[float, str]] = []
    for style in sorted(by_style):
        group = by_style[style]
        rng.shuffle(group)
        ranked += [((i + rng.random()) / len(group), artist) for i, artist in enumerate(group)]
    order = [artist for _, artist in sorted(ranked)]
    held = test + validation
    return Split(tuple(sorted(order[held:])), tuple(sorted(order[test:held])), tuple(sorted(order[:test])))


def read_split(path: Path = SPLIT_JSON) -> Split:
    """Read the committed split."""
    held = json.loads(path.read_text(encoding="utf-8"))
    return Split(tuple(held["train"]), tuple(held["validation"]), tuple(held["test"]))


def write_split(split: Split, seed: int, path: Path = SPLIT_JSON) -> None:
    """Write the split with the seed that draws it again."""
    facts = {"seed": seed, "drawn_by": "similarity.training.data.draw_split"}
    text = json.dumps({**facts, **{k: list(v) for k, v in asdict(split).items()}}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


class Pictures:
    """Decoded pictures behind a memory map; ``pictures[i]`` is uint8 RGB ``[height, width, 3]``."""

    def __init__(self, folder: Path) -> None:
        self.shapes: NDArray[np.int64] = np.load(folder / "shapes.npy")
        self.pixels: NDArray[np.uint8] = np.memmap(folder / "pixels.u8", np.uint8, mode="r")

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        offset, height, width = (int(v) for v in self.shapes[index])
        flat = self.pixels[offset : offset + height * width * 3]
        return flat.reshape(height, width, 3)


def pack(archive: Path, works: list[Listed], folder: Path) -> Pictures:
    """Decode every work once into ``folder``; does nothing when that was done before."""
    if not (folder / "shapes.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shapes = np.zeros((len(works), 3), np.int64)
        offset = 0
        with zipfile.ZipFile(archive) as bundle, (folder / "pixels.u8").open("wb") as sink:
            for i, work in enumerate(tqdm(works, desc="decode", unit="work")):
                picture = np.asarray(Image.open(BytesIO(bundle.read(work.file))).convert("RGB"))
                shapes[i] = offset, picture.shape[0], picture.shape[1]
                sink.write(picture.tobytes())
                offset += picture.size
        np.save(folder / "shapes.npy", shapes)
    return Pictures(folder)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="List the works and draw the artist split")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    works = list_archive(parser.parse_args().data / "art.zip")
    write_works(works)
    write_split(draw_split(works, test=30, validation=10, seed=SPLIT_SEED), SPLIT_SEED)


if __name__ == "__main__":
    main()
