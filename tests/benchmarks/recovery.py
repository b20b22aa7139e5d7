"""Recovery among 100,000 registered pictures (issue "Recovery", done-when 4). Not a test: it takes a while.

    nice -n 10 python -m tests.benchmarks.recovery --art ../shared/data/art.zip --report docs/benchmarks/recovery.md

The archive's works (long side about 224 pixels) are shuffled by a fixed seed: the first 500 are "ours",
the next 500 are registered nowhere and serve as strangers, and the rest fill the registry, each as it is
and then again as synthetic pictures until there are 100,000: crops (60 to 100 % of each side) and mirrors
of those works, made from their features, with one word in four taken from the second or third choice and
6 % of the signature bits turned over; their image-codes are those of the works with 30 % of the bits
turned over. Rows, index files and search are the service's own, in a throw-away database; only the
files of the registered pictures come out of the archive. A recovery is right when it names the picture
that the query was made from, wrong when it names another; for a stranger every recovery is wrong.
"""

import argparse
import io
import os
import pickle
import random
import resource
import shutil
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SEED = 20261122
STRANGER_CASES = ("JPEG q30", "crop 50 %", "photo of a print")


@dataclass(frozen=True)
class Line:
    case: str
    asked: int
    right: int
    wrong: int
    p50: float
    p95: float
    cpu95: float


class Archive:
    """The works as files; a synthetic picture is named ``work#left,top,right,bottom,mirrored`` (shares)."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self.names = sorted(name for name in self._zip.namelist() if name.endswith(".webp"))
        random.Random(SEED).shuffle(self.names)

    def pixels(self, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        work, _at, recipe = name.partition("#")
        picture = Image.open(io.BytesIO(self._zip.read(work))).convert("RGB")
        if recipe:
            left, top, right, bottom, mirrored = (float(part) for part in recipe.split(","))
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else picture
            box = [round(share * max(picture.size)) for share in (left, top, right, bottom)]
            picture = picture.crop((box[0], box[1], min(box[2], picture.width), min(box[3], picture.height)))
        return np.asarray(picture)

    def get(self, key: str) -> bytes:
        out = io.BytesIO()
        Image.fromarray(self.pixels(key)).save(out, "PNG", compress_level=1)
        return out.getvalue()


def described(archive: Archive, ours: int, cache: Path | None) -> tuple[list[bytes], list[Any], list[str]]:
    """Packed features of ours; of the rest, features filed upright and mirrored under three words each."""
    from provenance.recovery.words import KEPT, file_under, pack, placed
    from similarity.matching.features import features_of

    if cache and cache.exists():
        held: tuple[list[bytes], list[Any], list[str]] = pickle.loads(cache.read_bytes())  # noqa: S301  (our own)
        return held
    packs, rest = [], []
    for number, name in enumerate(archive.names):
        if ours <= number < 2 * ours:
            continue
        features = features_of(archive.pixels(name)).spread(KEPT)
        if number < ours:
            packs.append(pack(features))
            continue
        ways = []
        for one in (features, features.mirrored()):
            filed = file_under(one.descriptors, probes=3)
            ways.append((placed(one), filed.words, filed.signatures))
        rest.append(ways)
    found = (packs, rest, archive.names)
    if cache:
        cache.write_bytes(pickle.dumps(found))
    return found


def rows(archive: Archive, ours: int, total: int, cache: Path | None) -> Iterator[Any]:
    """Unsaved registry rows: ours, the rest, and synthetic ones up to *total*."""
    from provenance.recovery.models import RegisteredPicture
    from provenance.recovery.words import book
    from similarity.fingerprint import image_code

    packs, rest, names = described(archive, ours, cache)
    rng = np.random.default_rng(SEED)
    others = names[-len(rest) :]
    codes = {}

    def row(name: str, code: bytes, features: bytes) -> Any:
        source = uuid.uuid5(uuid.NAMESPACE_URL, name)
        return RegisteredPicture(
            kind="version", source=source, subject=source, blob=name, width=1, height=1,
            image_code=code, features=features, words=book().fingerprint,
        )  # fmt: skip

    for name, packed in zip(names[:ours], packs, strict=False):
        yield row(name, image_code(Image.fromarray(archive.pixels(name))), packed)
    for name, ((placed, words, signatures), _mirrored) in zip(others, rest, strict=True):
        codes[name] = image_code(Image.fromarray(archive.pixels(name)))
        records = placed.copy()
        records["word"], records["signature"] = words[:, 0], signatures[:, 0]
        yield row(name, codes[name], records.tobytes())
    for _number in range(total - ours - len(rest)):
        which = int(rng.integers(len(rest)))
        mirrored = int(rng.random() < 0.5)
        yield row(*_synthetic(others[which], codes[others[which]], rest[which][mirrored], mirrored, rng))


def _synthetic(name: str, code: bytes, way: Any, mirrored: int, rng: np.random.Generator) -> tuple[str, bytes, bytes]:
    placed, words, signatures = way
    low, high = rng.uniform(0, 0.2, 2), 1 - rng.uniform(0, 0.2, 2)
    x, y = placed["x"] / 255, placed["y"] / 255
    kept = np.flatnonzero((x >= low[0]) & (y >= low[1]) & (x <= high[0]) & (y <= high[1]))
    records = placed[kept].copy()
    choice = rng.choice(3, len(kept), p=[0.75, 0.17, 0.08])
    records["word"] = words[kept, choice]
    noise = np.packbits(rng.random((len(kept), 64)) < 0.06, axis=1, bitorder="little").reshape(-1, 8)
    records["signature"] = signatures[kept, choice] ^ (noise.view("<u8")[:, 0] if len(kept) else 0)
    turned = np.packbits(rng.random(256) < 0.3).tobytes()
    other = bytes(a ^ b for a, b in zip(code, turned, strict=True))
    recipe = f"{low[0]:.5f},{low[1]:.5f},{high[0]:.5f},{high[1]:.5f},{mirrored}"
    return f"{name}#{recipe}", other, records.tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, required=True)
    parser.add_argument("--ours", type=int, default=500)
    parser.add_argument("--asked", type=int, default=0, help="how many of ours are asked for; all when left out")
    parser.add_argument("--registry", type=int, default=100_000)
    parser.add_argument("--cache", type=Path, help="keep the described works here")
    parser.add_argument("--strangers", type=int, default=200, help="how many strangers are asked for")
    parser.add_argument("--cases", default="", help="only the cases with these words in their names, by commas")
    parser.add_argument("--data", type=Path, help="keep the registry here, and use it when it is there")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()

    data = str(options.data or tempfile.mkdtemp(prefix="colophon-recovery-"))
    os.environ["COLOPHON_DATA_DIR"] = data
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    try:
        _run(options)
    finally:
        if not options.data:
            shutil.rmtree(data, ignore_errors=True)


def _run(options: argparse.Namespace) -> None:
    import cv2
    import django

    django.setup()
    cv2.setNumThreads(1)
    from django.core.management import call_command

    from provenance.recovery import recover as recovering
    from provenance.recovery.models import RegisteredPicture
    from provenance.recovery.registry import open_registry

    call_command("migrate", verbosity=0)
    archive = Archive(options.art)
    began = time.perf_counter()
    if RegisteredPicture.objects.count() < options.registry:
        made = rows(archive, options.ours, options.registry, options.cache)
        RegisteredPicture.objects.bulk_create(made, batch_size=2_000, ignore_conflicts=True)
    filled = time.perf_counter() - began
    recovering.blobs.get = archive.get  # type: ignore[attr-defined]
    began = time.perf_counter()
    registered = len(open_registry())
    built = time.perf_counter() - began
    say(f"{registered} registered in {filled:.0f} s, index built in {built:.1f} s")
    lines = list(_cases(options, archive))
    report = _report(options, registered, built, lines)
    say(report)
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(report + "\n", encoding="utf-8")


def _cases(options: argparse.Namespace, archive: Archive) -> Iterator[Line]:
    from tests.benchmarks.recovery_cases import CASES

    asked = options.asked or options.ours
    wanted = options.cases.split(",")
    for case in CASES:
        if any(word in case for word in wanted):
            yield _line(case, archive, archive.names[:asked], registered=True)
    for case in STRANGER_CASES:
        if any(word in f"stranger, {case}" for word in wanted):
            strangers = archive.names[options.ours : options.ours + min(options.strangers, options.ours)]
            yield _line(case, archive, strangers, registered=False)


def _line(case: str, archive: Archive, names: list[str], *, registered: bool) -> Line:
    from provenance.recovery.recover import recover
    from tests.benchmarks.recovery_cases import CASES

    rng = np.random.default_rng(SEED)
    right = wrong = 0
    seconds, busy = [], []
    for name in names:
        query = Image.fromarray(CASES[case](archive.pixels(name), rng))
        began, worked = time.perf_counter(), time.process_time()
        found = recover(query, allowed=set)
        seconds.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
        if found is None:
            continue
        if registered and found.picture.blob == name:
            right += 1
        else:
            wrong += 1
            say(f"  {case}: {name} was taken for {found.picture.blob} ({found.registration.agreement})")
    low, high = np.percentile(seconds, [50, 95]) * 1000
    cpu = float(np.percentile(busy, 95)) * 1000
    line = Line(case if registered else f"stranger, {case}", len(names), right, wrong, float(low), float(high), cpu)
    say(str(line))
    return line


def _report(options: argparse.Namespace, registered: int, built: float, lines: list[Line]) -> str:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    from django.conf import settings

    disk = sum(path.stat().st_size for path in Path(settings.INDEX_DIR).rglob("*.npy")) / 1e6
    table = [
        f"| {line.case} | {line.asked} | {line.right / line.asked:.1%} | {line.wrong} "
        f"| {line.p50:.0f} | {line.p95:.0f} | {line.cpu95:.0f} |"
        for line in lines
    ]
    return "\n".join(
        [
            f"{registered:,} pictures registered; index {disk:.0f} MB on disk, built in {built:.0f} s; "
            f"peak memory of the process, mapped index included, {peak:.0f} MB.",
            "",
            "| case | asked | recovered | wrong | p50 ms | p95 ms | p95 of one core's time, ms |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *table,
        ]
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
