"""How the copy lane was set: distances between different works, and of edited copies to their originals.

    python tests/benchmarks/copy_lane.py ARCHIVE.zip [--works 400] [--seed 1] [--pairs OUT.csv]

Prints, as JSON, how many pairs of works lie within each distance (and how many of those the encoder
confirms), and for each edit the share of copies found at the thresholds of ``similarity.audit``.
Needs the encoder of ``COLOPHON_ENCODER``; no database.
"""

import argparse
import csv
import io
import json
import os
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Edit = Callable[[Image.Image], Image.Image]
MARKS = (24, 32, 40, 48, 56, 64, 72, 80, 88)


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
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--works", type=int, default=400, help="how many works are edited")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=Path, help="write the nearest pairs here, to be looked at")
    asked = parser.parse_args()

    import django

    django.setup()
    from similarity.audit import COPY_COSINE, COPY_DISTANCE
    from similarity.encoder import load_encoder
    from similarity.fingerprint import distances, image_code

    encoder = load_encoder()
    with zipfile.ZipFile(asked.archive) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("works.csv"), "utf-8")))
        files = [row["file"] for row in rows]

        def picture(file: str) -> Image.Image:
            return Image.open(io.BytesIO(archive.read(file))).convert("RGB")

        codes, vectors = [], []
        for start in range(0, len(files), 64):
            images = [picture(file) for file in files[start : start + 64]]
            codes += [image_code(image) for image in images]
            vectors.append(encoder.embed(images))
        table = np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), 32)
        rows_of_vectors = np.concatenate(vectors).astype(np.float16).astype(np.float32)

        chosen = random.Random(asked.seed).sample(range(len(files)), min(asked.works, len(files)))
        edits = {}
        for name, edit in EDITS.items():
            images = [edit(picture(files[i])) for i in chosen]
            upright = np.array(
                [distances(image_code(im), table[i : i + 1])[0] for im, i in zip(images, chosen, strict=True)]
            )
            mirrored = np.array(
                [
                    distances(image_code(ImageOps.mirror(im)), table[i : i + 1])[0]
                    for im, i in zip(images, chosen, strict=True)
                ]
            )
            near = np.minimum(upright, mirrored)
            cosines = np.concatenate([encoder.embed(images[s : s + 64]) for s in range(0, len(images), 64)])
            cosines = (cosines * rows_of_vectors[chosen]).sum(axis=1)
            edits[name] = {
                "found": round(float(((near <= COPY_DISTANCE) & (cosines >= COPY_COSINE)).mean()), 4),
                "distance": [int(q) for q in np.quantile(near, (0.5, 0.9, 0.99, 1))],
                "cosine": [round(float(q), 3) for q in np.quantile(cosines, (0, 0.01, 0.1, 0.5))],
                "within": {str(t): round(float((near <= t).mean()), 3) for t in MARKS},
            }

    histogram, close = all_pairs(table)
    confirmed = {
        str(t): sum(1 for d, i, j in close if d <= t and rows_of_vectors[i] @ rows_of_vectors[j] >= COPY_COSINE)
        for t in MARKS
    }
    if asked.pairs:
        with asked.pairs.open("w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(["distance", "cosine", "one", "other"])
            for d, i, j in close:
                out.writerow([d, round(float(rows_of_vectors[i] @ rows_of_vectors[j]), 4), files[i], files[j]])
    result = {
        "works": len(files),
        "pairs": len(files) * (len(files) - 1) // 2,
        "encoder": encoder.fingerprint,
        "thresholds": {"distance": COPY_DISTANCE, "cosine": COPY_COSINE},
        "pairs_within": {str(t): int(histogram[: t + 1].sum()) for t in MARKS},
        "pairs_confirmed": confirmed,
        "edited_works": len(chosen),
        "edits": edits,
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


def all_pairs(table: NDArray[np.uint8]) -> tuple[NDArray[np.int64], list[tuple[int, int, int]]]:
    """Histogram of the distances of all pairs, upright and mirrored is not asked; and the near ones."""
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
