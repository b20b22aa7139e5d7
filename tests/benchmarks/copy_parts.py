"""Known works inside posters, collages and other pictures: found, by mistake found, and what it costs.

    nice -n 15 python tests/benchmarks/copy_parts.py ARCHIVE.zip [--known 4000] [--queries 30]

The archive's works are shuffled by a fixed seed: the first are known, with their pictures kept; the rest are
strangers and fill what a query shows besides. Every query is saved as JPEG 70. Prints, as JSON, for each kind of
query how often the known work was found and how often another; the same queries with a stranger in its place; and
how far a part's fingerprint goes off when it is cut beside the border. No database is used: nomination and
confirmation are those of ``similarity.confirm_copy``.
"""

import argparse
import io
import itertools
import json
import os
import random
import sys
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SEED = 3
Make = Callable[[Image.Image, Callable[[], Image.Image], random.Random], Image.Image]


def jpeg(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    scale = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def poster(work: Image.Image, _other: Callable[[], Image.Image], rng: random.Random) -> Image.Image:
    sheet = Image.new("RGB", (600, 900), tuple(rng.randrange(200, 256) for _channel in range(3)))
    shown = fitted(work, 460, 560)
    sheet.paste(shown, ((600 - shown.width) // 2, 90))
    for line in range(3):
        ImageDraw.Draw(sheet).text((80, 720 + 40 * line), "EXHIBITION OF PAINTINGS " * 2, fill=(20, 20, 20))
    return sheet


def collage(side: int, *, gap: int = 10) -> Make:
    """*side* × *side* works with gutters between them."""

    def make(work: Image.Image, other: Callable[[], Image.Image], rng: random.Random) -> Image.Image:
        sheet = Image.new("RGB", (900, 900), rng.choice([(255, 255, 255), (12, 12, 12), (220, 210, 190)]))
        room = (900 - gap * (side + 1)) // side
        for place in range(side * side):
            shown = fitted(work if place == side * side // 2 else other(), room, room)
            left, top = gap + place % side * (room + gap), gap + place // side * (room + gap)
            sheet.paste(shown, (left + (room - shown.width) // 2, top + (room - shown.height) // 2))
        return sheet

    return make


def contact_sheet(work: Image.Image, other: Callable[[], Image.Image], rng: random.Random) -> Image.Image:
    """Nine that touch, each stretched to its cell."""
    sheet = Image.new("RGB", (900, 900))
    for place in range(9):
        shown = (work if place == 4 else other()).resize((300, 300), Image.Resampling.LANCZOS)
        sheet.paste(shown, (place % 3 * 300, place // 3 * 300))
    return sheet


def laid_into(work: Image.Image, other: Callable[[], Image.Image], rng: random.Random) -> Image.Image:
    sheet = other().resize((900, 700), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(3))
    shown = fitted(work, 420, 420)
    sheet.paste(shown, (rng.randrange(0, 900 - shown.width), rng.randrange(0, 700 - shown.height)))
    return sheet


KINDS: dict[str, Make] = {
    "on a poster, with lettering": poster,
    "among 4, with gutters": collage(2),
    "among 9, with gutters": collage(3),
    "among 16, with gutters": collage(4),
    "contact sheet of 9, touching": contact_sheet,
    "laid into another picture, no border": laid_into,
}


def main() -> None:
    import django

    django.setup()
    from similarity.confirm_copy import _LOOKED_AT, PART_DISTANCE, lay_over_kept
    from similarity.fingerprint import distances, image_code, is_telling
    from similarity.tiles import tiles_of

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--known", type=int, default=4000)
    parser.add_argument("--queries", type=int, default=30)
    options = parser.parse_args()
    archive = zipfile.ZipFile(options.archive)
    names = sorted(name for name in archive.namelist() if name.endswith(".webp"))
    random.Random(SEED).shuffle(names)
    known, strangers = names[: options.known], names[options.known :]

    def picture(name: str) -> Image.Image:
        return Image.open(io.BytesIO(archive.read(name))).convert("RGB")

    codes = np.frombuffer(b"".join(image_code(picture(name)) for name in known), np.uint8).reshape(-1, 32)

    def found_in(query: Image.Image) -> int | None:
        tiles = [(tile, code) for tile in tiles_of(query) if is_telling(code := image_code(tile.image))]
        if not tiles:
            return None
        apart = np.stack([distances(code, codes) for _tile, code in tiles])
        nearest = apart.min(axis=0)
        rows = np.flatnonzero(nearest <= PART_DISTANCE)
        for row in rows[np.argsort(nearest[rows], kind="stable")][:_LOOKED_AT]:
            tile = tiles[int(apart[:, row].argmin())][0]
            if lay_over_kept(query.crop(tile.box), np.asarray(picture(known[row]))) is not None:
                return int(row)
        return None

    told: dict[str, Any] = {"known": len(known), "queries": options.queries}
    for kind, make in KINDS.items():
        rng = random.Random(SEED)
        other = partial(_any, picture, strangers, rng)
        counts: dict[str, Any] = {"found": 0, "another": 0, "of_strangers": 0}
        began = time.perf_counter()
        for number in range(options.queries):
            right = found_in(jpeg(make(picture(known[number]), other, rng)))
            counts["found"] += right == number
            counts["another"] += right is not None and right != number
            none = found_in(jpeg(make(picture(strangers[number]), other, rng)))
            counts["of_strangers"] += none is not None
        counts["seconds"] = round((time.perf_counter() - began) / (2 * options.queries), 3)
        told[kind] = counts
        sys.stderr.write(json.dumps({kind: counts}) + "\n")
    told["bits off by a cut beside the border"] = {
        str(share): cut_beside(picture, names, share) for share in (0.01, 0.02, 0.04)
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


def _any(picture: Callable[[str], Image.Image], names: list[str], rng: random.Random) -> Image.Image:
    return picture(rng.choice(names))


def cut_beside(picture: Callable[[str], Image.Image], names: list[str], share: float) -> list[float]:
    """Tenths 1, 5 and 9 of 200 distances between a work's code and that of a window moved by *share* of its sides."""
    from similarity.fingerprint import distances, image_code

    apart = []
    for name, ground in itertools.pairwise(names[:201]):
        work = picture(name)
        width, height = work.size
        sheet = picture(ground).resize((2 * width, 2 * height))
        sheet.paste(work, (width // 2, height // 2))
        left, top = width // 2 + round(share * width), height // 2 - round(share * height)
        window = sheet.crop((left, top, left + width, top + height))
        code = np.frombuffer(image_code(work), np.uint8)[None]
        apart.append(int(distances(image_code(window), code)[0]))
    return [round(float(value), 1) for value in np.quantile(apart, [0.1, 0.5, 0.9])]


if __name__ == "__main__":
    main()
