"""Single bytes changed at random in signed files: what is noticed, and how long a look takes.

    python -m tests.benchmarks.tamper [--flips 2000] [--size 256] [--seed 7]

For each of the five formats, as many flips in the asset as in the manifest store with the chunk it lies in.
Of every changed file three things are asked: did the reader crash, what is its verdict, and would the
service notice that this is not the file it published (its SHA-256)? The share of store flips that still read
*valid* is a property of C2PA and of the library (padding, box headers), and is reported as it is.
"""

import argparse
import hashlib
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/avif": "AVIF", "image/tiff": "TIFF"}
NOTICED = frozenset({"tampered", "unreadable"})


@dataclass
class Tally:
    """What became of the flips in one part of one file. ``missed`` are positions that read as whole."""

    verdicts: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    unnoticed_by_hash: int = 0

    def as_dict(self) -> dict[str, Any]:
        count = sum(self.verdicts.values()) or 1
        times = sorted(1000 * value for value in self.seconds) or [0.0]
        return {
            "flips": count,
            "verdicts": dict(sorted(self.verdicts.items())),
            "noticed_by_credential": round(1 - len(self.missed) / count, 4),
            "noticed_by_hash": round(1 - self.unnoticed_by_hash / count, 4),
            "crashes": len(self.crashes),
            "ms": {"median": round(statistics.median(times), 2), "p95": round(times[int(0.95 * (len(times) - 1))], 2)},
        }


def campaign(data: bytes, *, label: str, media_type: str, flips: int, seed: int = 7) -> dict[str, Tally]:
    """*flips* in the asset and as many in the manifest store of *data*, a file signed here."""
    from provenance.credentials.read import read
    from provenance.credentials.store import manifest_store

    store = manifest_store(data, media_type=media_type, label=label)
    start = data.find(store)
    if not store or start < 0:
        raise ValueError("the manifest store does not lie in one piece: make the picture smaller")
    inside = _container(read(data).active["assertions"], data, range(start, start + len(store)))
    outside = [*range(inside.start), *range(inside.stop, len(data))]
    published = hashlib.sha256(data).hexdigest()
    draw = random.Random(seed)
    found = {}
    for part, places in (("asset", outside), ("store", list(inside))):
        tally = found[part] = Tally()
        for _ in range(flips):
            at, by = draw.choice(places), draw.randrange(1, 256)
            changed = bytearray(data)
            changed[at] ^= by
            begun = time.perf_counter()
            try:
                code = read(bytes(changed)).verdict.code
            except Exception as error:  # the point of the exercise
                tally.crashes.append(f"{at}: {error!r}")
                code = "crash"
            tally.seconds.append(time.perf_counter() - begun)
            tally.verdicts[code] += 1
            if code not in NOTICED:
                tally.missed.append(at)
            tally.unnoticed_by_hash += hashlib.sha256(changed).hexdigest() == published
    return found


def _container(assertions: dict[str, Any], data: bytes, store: range) -> range:
    """*store* with the box, chunk or segment it lies in, all of which C2PA leaves out of its hash."""
    if exclusions := (assertions.get("c2pa.hash.data") or {}).get("exclusions"):
        place = next(it for it in exclusions if it["start"] <= store.start < it["start"] + it["length"])
        return range(place["start"], place["start"] + place["length"])
    head = data.rindex(b"uuid", 0, store.start) - 4
    return range(head, head + int.from_bytes(data[head : head + 4], "big"))


def photograph(media_type: str, size: int) -> bytes:
    """Something like a photograph: smooth colour with noise, so that every format compresses it as it would one."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:size, 0:size] / size
    smooth = np.stack([0.5 + 0.5 * np.sin(6 * x + 2 * y), x * y, 1 - y], axis=-1)
    pixels = (255 * np.clip(smooth + rng.normal(0, 0.03, smooth.shape), 0, 1)).astype("uint8")
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, FORMATS[media_type], quality=90)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    report = {}
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        from provenance.credentials.sign import sign
        from tests.provenance.credentials.conftest import story

        for media_type in FORMATS:
            signed = sign(photograph(media_type, options.size), media_type=media_type, story=story())
            found = campaign(
                signed.data,
                label=signed.manifest_label,
                media_type=media_type,
                flips=options.flips,
                seed=options.seed,
            )
            report[media_type] = {"bytes": len(signed.data)} | {part: it.as_dict() for part, it in found.items()}
            print(json.dumps({media_type: report[media_type]}), file=sys.stderr, flush=True)  # noqa: T201
    print(json.dumps(report, indent=1))  # noqa: T201


def set_up(folder: Path) -> None:
    """Django with a data folder and a signer that are thrown away."""
    os.environ["COLOPHON_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.conf import settings

    django.setup()
    settings.TRUST_LIST_SOURCE = settings.TRUST_LIST = settings.TSA_URL = ""
    from provenance.credentials.development import create

    create()


if __name__ == "__main__":
    main()
