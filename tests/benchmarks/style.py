"""Everything that is measured of the style audit, in one run: docs/benchmarks/style.md and style.json.

    python -m tests.benchmarks.style --data ../shared/data --packed FOLDER [--scratch FOLDER] [--only PART …]

Parts: retrieval, uploads, generated, evidence, copies, looks, service, speed, strangers. What is asked for replaces its
part of the JSON; the rest stays as it was; a part measured with another encoder or generator than the bundled one is
dropped. Embeddings are kept in the packed folder, pictures and theirs in the scratch folder, by the hash of what made
them, so that a run that was stopped goes on.

Rendering takes about a second a picture; ``--neutral 0 0`` leaves Colophon-Mini out. Strangers need folders of works by
artists outside the collection, and are left out without them.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "benchmarks"
# In this order: the last three fill the database.
PARTS = ("retrieval", "uploads", "generated", "evidence", "copies", "looks", "service", "speed", "strangers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--packed", type=Path, required=True, help="folder of decoded works; filled when it is empty")
    parser.add_argument("--scratch", type=Path, help="folder for pictures and their vectors (default: as --packed)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--each", type=int, default=25, help="works of every trained artist for raw and whitened rows")
    parser.add_argument(
        "--neutral", type=int, nargs=2, default=(500, 500), help="neutral pictures to calibrate with, and to ask about"
    )
    parser.add_argument(
        "--styled", type=int, nargs=2, default=(10, 10), help="artists to imitate, and pictures of each"
    )
    parser.add_argument(
        "--strangers",
        type=Path,
        nargs="+",
        default=(),
        metavar="FOLDER",
        help="works by artists outside the collection",
    )
    parser.add_argument("--edited", type=int, default=100, help="works that the copy lane's edits are made of")
    parser.add_argument("--blocks", type=int, default=250, help="blocks of four pictures; each makes four triples")
    parser.add_argument("--rounds", type=int, default=60, help="of the timing")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of style.json and style.md")
    options = parser.parse_args()
    options.scratch = options.scratch or options.packed
    options.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder), options.threads)
        report = measure(options)
    from tests.benchmarks.style_page import fill

    fill(report, options.out)


def set_up(folder: Path, threads: int) -> None:
    """Django with an empty database that is thrown away, whatever is set here, and a quiet log."""
    os.environ["COLOPHON_DATA_DIR"] = str(folder)
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'bench.sqlite3'}"
    os.environ.pop("DATABASE_URL_FILE", None)
    os.environ["COLOPHON_VECTORS"] = "faiss"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    import django
    import torch
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.INFO)
    torch.set_num_threads(threads)
    call_command("migrate", verbosity=0)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The report: the parts asked for measured now, the others as they were, if the same models made them."""
    from django.conf import settings

    from generation.model_folder import weights_sha256
    from similarity.encoder import encoder_fingerprint
    from similarity.style.fit import fit
    from tests.benchmarks import style_evidence, style_flags, style_works

    encoder = encoder_fingerprint()
    generator = weights_sha256(Path(settings.MODEL_ALIASES["colophon-mini"]))
    held = earlier(options.out / "style.json", encoder=encoder, generator=generator)
    scored = style_flags.score_catalogue(Path(settings.CATALOGUE), encoder)
    _fitted, strategy, _thresholds, _figures = fit(style_evidence.cohort_of(scored, ~scored.unseen), alpha=0.05)
    works = style_works.gather(options.data, options.packed, each=options.each)
    report: dict[str, Any] = {
        **held,
        "encoder": encoder,
        "generator": generator,
        "strategy": strategy,
        "works": len(scored.own),
        "threads": options.threads,
    }
    seconds = report.setdefault("seconds", {})
    for part in (part for part in PARTS if part in options.only and (part != "strangers" or options.strangers)):
        began = time.process_time()
        report[part] = run(part, options, scored, works, strategy)
        seconds[part] = round(time.process_time() - began, 1)
        sys.stdout.write(f"{part}: {seconds[part]} s of processor time\n")
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "style.json").write_text(json.dumps(rounded(report), indent=1) + "\n", encoding="utf-8")
    return report


def run(part: str, options: argparse.Namespace, scored: Any, works: Any, strategy: str) -> Any:
    """One part's figures."""
    from django.conf import settings

    from similarity.audit import COPY_DISTANCE
    from tests.benchmarks import (
        copy_lane,
        style_evidence,
        style_flags,
        style_generated,
        style_looks,
        style_retrieval,
        style_service,
        style_speed,
        style_strangers,
    )

    artists, seeds = options.styled
    parts: dict[str, Callable[[], Any]] = {
        "retrieval": lambda: style_retrieval.measure(works, options.scratch, strategy=strategy),
        "uploads": lambda: style_flags.uploads(scored),
        "generated": lambda: style_generated.measure(
            scored,
            options.data,
            options.scratch,
            calibration=options.neutral[0],
            test=options.neutral[1],
            artists=artists,
            seeds=seeds,
        ),
        "evidence": lambda: style_evidence.measure(scored, strategy),
        "copies": lambda: copy_lane.measure(options.data / "art.zip", Path(settings.CATALOGUE), works=options.edited)[
            0
        ],
        "looks": lambda: style_looks.measure(
            works, options.data, options.scratch, blocks=options.blocks, distance=COPY_DISTANCE
        ),
        "service": lambda: style_service.measure(scored, Path(settings.CATALOGUE)),
        "speed": lambda: style_speed.measure(options.data, rounds=options.rounds, imported=128),
        "strangers": lambda: style_strangers.measure(scored, list(options.strangers)),
    }
    return parts[part]()


def earlier(path: Path, *, encoder: str, generator: str) -> dict[str, Any]:
    """What the JSON holds of these models."""
    if not path.exists():
        return {}
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if held.get("encoder") != encoder:
        return {}
    if held.get("generator") != generator:
        held.pop("generated", None)
    return held


def rounded(value: Any) -> Any:
    """Four decimals are more than any of the figures deserves."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
