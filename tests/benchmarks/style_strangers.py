"""False flags among works of artists outside the collection, by the whole audit as it ships.

A folder of works is a ``works.csv`` with the columns ``file`` and ``artist`` (and ``title``), its files beside it.
Nobody in it is among the collection's artists, so nothing of it took part in training or in a calibration, and every
flag of style is false. A picture that the copy lane finds in the collection is by somebody who is in it, whatever the
list says, and is counted apart. The unit is the artist, as everywhere with uploads.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.text import slugify
from tqdm import tqdm

from similarity.style import scores
from similarity.style.conformal import mean_upper_bound
from tests.benchmarks.style_bootstrap import by_group, exact, share
from tests.benchmarks.style_flags import ALPHAS, Scored, calibrate, rates

FLAGS = ("style_match", "ambiguous")


def listed(folders: list[Path], known: tuple[str, ...]) -> list[tuple[Path, str, str]]:
    """(file, artist, title) of every work; raises ``ValueError`` for an artist of the collection."""
    found = []
    for folder in folders:
        with (folder / "works.csv").open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                if slugify(row["artist"]) in known:
                    raise ValueError(f"{row['artist']} is in the collection: {folder / row['file']}")
                found.append((folder / row["file"], row["artist"].strip(), row.get("title", "")))
    return found


def measure(scored: Scored, folders: list[Path]) -> dict[str, Any]:
    """Outcomes and rates per level. Loads the whole collection into an empty database, and empties it again."""
    from django.core.management import call_command

    from similarity.audit import audit_image
    from similarity.encoder import load_encoder
    from similarity.index import open_index
    from similarity.judge import open_judge
    from similarity.models import Audit, Calibration

    works = listed(folders, scored.slugs)
    call_command("load_catalogue", verbosity=0)
    encoder = load_encoder()
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    judge = open_judge(index, encoder=encoder.fingerprint, domain=Calibration.UPLOADS)
    assert judge is not None, "a calibration for uploads is bundled"
    audits = [audit_image(file.read_bytes()) for file, _, _ in tqdm(works, desc="strangers", unit="picture")]
    failed = [str(file) for (file, _, _), audit in zip(works, audits, strict=True) if audit.outcome == "failed"]
    assert not failed, f"these cannot be read: {failed}"

    kept = [i for i, audit in enumerate(audits) if audit.outcome != Audit.Outcome.COPY]
    vectors = np.stack([np.frombuffer(bytes(audits[i].vector or b""), "<f4") for i in kept])
    _, artist = np.unique([slugify(works[i][1]) for i in kept], return_inverse=True)
    told: dict[str, Any] = {
        "works": len(kept),
        "artists": len(np.unique(artist)),
        "in the collection": [f"{works[i][1]}: {works[i][2]}" for i in range(len(works)) if i not in set(kept)],
        "strategy": judge.calibration.strategy,
        "levels": {},
    }
    for alpha in ALPHAS:
        decisions = [judge.decide(vector, alpha=alpha) for vector in vectors]
        flagged = np.array([decision.outcome in FLAGS for decision in decisions])
        each = by_group(flagged, artist)
        told["levels"][f"{alpha:.0%}"] = {
            "outcomes": dict(Counter(decision.outcome for decision in decisions)),
            "artists": share(each, np.arange(len(each))),
            "bound": mean_upper_bound(each),
            "n artists": len(each),
            "images": exact(int(flagged.sum()), len(flagged)),
            "flagged": [
                f"{works[kept[i]][1]}: {works[kept[i]][2]} → {decisions[i].candidates[0].artist}"
                for i in np.flatnonzero(flagged)
            ],
        }
    call_command("flush", interactive=False, verbosity=0)
    raw = scored.of(vectors)
    told["strategies"] = {}
    for strategy in scores.STRATEGIES:
        calibrated = calibrate(scored.raw, scored.own, strategy)
        largest = calibrated.normalised(raw).max(axis=1)
        told["strategies"][strategy] = {
            f"{alpha:.0%}": rates(largest, artist, calibrated.single[alpha]) for alpha in ALPHAS
        }
    return told
