"""How much of the encoder's own speed is left when pictures are imported, and what an audit costs.

    python tests/benchmarks/embed_speed.py ARCHIVE.zip [--works 256] [--batch 64]

Prints, as JSON: images per second of the bare batched encode (decoded pictures in, vectors out), of the
whole way from bytes to vectors and image-codes (``read_ahead``), and their ratio, by wall clock and
by processor time, taken in turns. Works in this machine's memory only; no database.
"""

import argparse
import io
import json
import os
import random
import sys
import time
import zipfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--works", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    asked = parser.parse_args()

    import django

    django.setup()
    from similarity.encoder import load_encoder
    from similarity.read_ahead import embed_ahead

    encoder = load_encoder()
    with zipfile.ZipFile(asked.archive) as archive:
        names = [name for name in archive.namelist() if not name.endswith(".csv")]
        files = [archive.read(name) for name in random.Random(1).sample(names, asked.works)]
    pictures = [Image.open(io.BytesIO(data)).convert("RGB") for data in files]
    encoder.embed(pictures[:2])

    bare, whole, bare_cpu, whole_cpu = [], [], [], []
    for _ in range(ROUNDS):
        began, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(pictures), asked.batch):
            encoder.embed(pictures[start : start + asked.batch])
        bare.append(len(pictures) / (time.perf_counter() - began))
        bare_cpu.append(time.process_time() - cpu)
        began, cpu = time.perf_counter(), time.process_time()
        done = sum(len(part) for part in embed_ahead(files, read=lambda data: data, encoder=encoder, batch=asked.batch))
        whole.append(done / (time.perf_counter() - began))
        whole_cpu.append(time.process_time() - cpu)
    result = {
        "encoder": encoder.fingerprint,
        "works": len(files),
        "cores": os.cpu_count(),
        "bare_per_second": [round(rate, 2) for rate in bare],
        "whole_per_second": [round(rate, 2) for rate in whole],
        "ratio": round(sorted(whole)[ROUNDS // 2] / sorted(bare)[ROUNDS // 2], 3),
        # On a busy machine the processor's own time is the steadier measure.
        "ratio_cpu": round(sorted(bare_cpu)[ROUNDS // 2] / sorted(whole_cpu)[ROUNDS // 2], 3),
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
