"""How the copy lane was set: distances between different works, and of edited copies to their originals.

    python tests/benchmarks/copy_lane.py ARCHIVE.zip CATALOGUE.npz [--works 400] [--cosines] [--pairs OUT.csv]

The catalogue is the archive's (``manage.py build_catalogue``). Prints, as JSON, how many pairs of
works lie within each distance, which pairs of works the lane takes for the same picture (also after
an edit of one of them), and for each edit the share of copies found at the threshold of
``similarity.audit``. With ``--cosines`` the encoder of ``COLOPHON_ENCODER`` looks at the copies, too.
No database is used.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Edit = Callable[[Image.Image], Image.Image]
MARKS = (24, 32, 40, 46, 48, 56, 64, 72, 80, 88)


def through(kind: str, **options: int) -> Edit:
    """Encode and decode again."""

    def edit(image: Image.Image) -> Image.Image:
        out = io.BytesIO()
        image.save(out, kind, **options)
        return Image.open(out).convert("RGB")

    return edit


def resized(share: float) -> Edit:
    return lambda image: image.resize(
        (max(1, round(image.width * share)), max(1, round(image.height * share))), Image.Resampling.LANCZOS
    )


def cropped(share: float) -> Edit:
    """*share* of each side's length taken away at every edge."""

    def edit(image: Image.Image) -> Image.Image:
        dx, dy = round(image.width * share), round(image.height * share)
        return image.crop((dx, dy, image.width - dx, image.height - dy))

    return edit


def case(name: str) -> Edit:
    """A case of the recovery benchmark."""
    from tests.benchmarks.recovery_cases import CASES

    return lambda image: Image.fromarray(CASES[name](np.array(image), np.random.default_rng(image.width)))


EDITS: dict[str, Edit] = {
    **{f"jpeg q{q}": through("JPEG", quality=q) for q in (30, 50, 75, 95)},
    "webp q40": through("WEBP", quality=40),
    **{f"resize {round(100 * s)} %": resized(s) for s in (0.5, 0.75, 1.5, 2.0)},
    "crop 2 %": cropped(0.02),
    "crop 3 %": cropped(0.03),
    "crop 5 %": cropped(0.05),
    "brighter 10 %": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "darker 10 %": lambda image: ImageEnhance.Brightness(image).enhance(0.9),
    "contrast +20 %": lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    "grayscale": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "white border 5 %": lambda image: ImageOps.expand(image, round(0.05 * max(image.size)), "white"),
    "mirrored": ImageOps.mirror,
    "half size, jpeg q50": lambda image: through("JPEG", quality=50)(resized(0.5)(image)),
    # Beyond what a fingerprint of the whole picture can do; what is found of these is luck.
    **{f"beyond: {name}": case(name) for name in ("crop 10 %", "crop 30 %", "rotate 5°", "blur", "caption bar")},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--works", type=int, default=400, help="how many works are edited")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cosines", action="store_true", help="embed the edited copies, too")
    parser.add_argument("--pairs", type=Path, help="write the nearest pairs here, to be looked at")
    asked = parser.parse_args()

    import django

    django.setup()
    result, nearest_first = measure(
        asked.archive, asked.catalogue, works=asked.works, seed=asked.seed, cosines=asked.cosines
    )
    if asked.pairs:
        with asked.pairs.open("w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(["distance", "one", "other"])
            out.writerows(nearest_first)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


def measure(
    archive_path: Path, catalogue_path: Path, *, works: int, seed: int = 1, cosines: bool = False
) -> tuple[dict[str, Any], list[tuple[int, str, str]]]:
    """The figures, and the nearest pairs of different works (bits, file, file), nearest first.

    Pairs that are flagged are laid over each other (``similarity.matching``): whether their pixels agree is a second
    opinion on whether two files show one picture, of another kind than the fingerprint's.
    """
    from similarity.audit import COPY_DISTANCE
    from similarity.catalogue import read_catalogue
    from similarity.confirm_copy import lay_over_kept
    from similarity.encoder import load_encoder
    from similarity.fingerprint import codes_of_looks, distances, is_telling

    encoder = load_encoder() if cosines else None
    catalogue = read_catalogue(catalogue_path)
    if encoder and catalogue.encoder != encoder.fingerprint:
        raise ValueError("the catalogue was made with another encoder")
    table, vectors = catalogue.columns["code"], catalogue.columns["vector"].astype(np.float32)

    def looks_apart(image: Image.Image) -> NDArray[np.int64]:
        """Least distance over the looks of *image* to every work."""
        looks = [code for code in codes_of_looks(image).values() if is_telling(code)]
        if not looks:
            return np.full(len(table), 8 * table.shape[1] + 1)
        return np.asarray(np.min([distances(code, table) for code in looks], axis=0))

    with zipfile.ZipFile(archive_path) as archive:
        names = {hashlib.sha256(archive.read(name)).hexdigest(): name for name in archive.namelist()}
        files = [names[catalogue.work(i).sha256] for i in range(len(catalogue))]

        def picture(file: str) -> Image.Image:
            return Image.open(io.BytesIO(archive.read(file))).convert("RGB")

        chosen = random.Random(seed).sample(range(len(files)), min(works, len(files)))
        edits: dict[str, Any] = {}
        strangers: dict[tuple[int, int], int] = {}
        for name, edit in tqdm({"unchanged": lambda image: image, **EDITS}.items(), desc="copies", unit="edit"):
            images = [edit(picture(files[i])) for i in chosen]
            near = np.empty(len(chosen), np.int64)
            for n, i in enumerate(chosen):
                apart = looks_apart(images[n])
                near[n] = apart[i]
                for j in map(int, np.flatnonzero(apart <= MARKS[-1])):
                    pair = (i, j) if i < j else (j, i)
                    if i != j:
                        strangers[pair] = min(strangers.get(pair, 999), int(apart[j]))
            edits[name] = {
                "found": round(float((near <= COPY_DISTANCE).mean()), 4),
                "distance": [int(q) for q in np.quantile(near, (0.5, 0.9, 0.99, 1))],
                "within": {str(t): round(float((near <= t).mean()), 3) for t in MARKS},
            }
            if encoder:
                embedded = np.concatenate([encoder.embed(images[s : s + 64]) for s in range(0, len(images), 64)])
                nearness = (vectors[chosen] * embedded).sum(axis=1)
                edits[name]["cosine"] = [round(float(q), 3) for q in np.quantile(nearness, (0, 0.01, 0.1, 0.5))]

        histogram, close = all_pairs(table)
        pairs = {(i, j): d for d, i, j in close}
        for pair, d in strangers.items():
            pairs[pair] = min(pairs.get(pair, 999), d)
        nearest_first = sorted((d, files[i], files[j]) for (i, j), d in pairs.items())
        flagged = [
            {"bits": d, "works": [one, other], "pixels agree": _agree(lay_over_kept, picture(one), picture(other))}
            for d, one, other in nearest_first
            if d <= COPY_DISTANCE
        ]
    return {
        "works": len(files),
        "pairs": len(files) * (len(files) - 1) // 2,
        "comparisons_of_edits": len(chosen) * (len(files) - 1) * (len(EDITS) + 1),
        "encoder": catalogue.encoder,
        "threshold": COPY_DISTANCE,
        "pairs_within": {str(t): int(histogram[: t + 1].sum()) for t in MARKS},
        "flagged_pairs": flagged,
        "edited_works": len(chosen),
        "edits": edits,
    }, nearest_first


def _agree(lay_over: Callable[[Image.Image, Any], Any], one: Image.Image, other: Image.Image) -> bool:
    """Whether the pixels agree, either way round or with one of them mirrored."""
    return any(
        lay_over(first, np.asarray(second)) is not None
        for first, second in ((one, other), (other, one), (ImageOps.mirror(one), other))
    )


def all_pairs(table: NDArray[np.uint8]) -> tuple[NDArray[np.int64], list[tuple[int, int, int]]]:
    """Histogram of the distances of all pairs of works as they are, and the near ones."""
    words = np.ascontiguousarray(table).view(np.uint64)
    histogram = np.zeros(257, np.int64)
    close = []
    for i in range(len(words) - 1):
        apart = np.bitwise_count(words[i + 1 :] ^ words[i]).sum(axis=1, dtype=np.int64)
        histogram += np.bincount(apart, minlength=257)
        close += [(int(apart[j]), i, i + 1 + int(j)) for j in np.flatnonzero(apart <= MARKS[-1])]
    return histogram, sorted(close)


if __name__ == "__main__":
    main()
