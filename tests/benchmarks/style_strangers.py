"""False flags among works of artists outside the collection, by the whole audit as it ships.

A folder of works is a ``works.csv`` with the columns ``file`` and ``artist`` (and ``title``), its files beside it.
Nobody in it is among the collection's artists, so nothing of it took part in training or in a calibration, and every
flag of style is false. A picture that the copy lane finds in the collection is told and counted apart: whoever made
it, a work of the collection was recognised. The unit is the artist, as everywhere with uploads.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from similarity.style import scores
from similarity.style.conformal import mean_upper_bound
from tests.benchmarks.style_bootstrap import by_group, exact, share
from tests.benchmarks.style_flags import ALPHAS, Scored, calibrate, rates

FLAGS = ("style_match", "ambiguous")
# The collection's own files: WebP, this long.
SMALL = 224
Work = tuple[Path, str, str]


def listed(folders: list[Path], known: tuple[str, ...]) -> list[Work]:
    """(file, artist, title) of every work; raises ``ValueError`` for an artist of the collection, or without a name."""
    found = []
    of_collection = {_key(slug) for slug in known}
    for folder in folders:
        with (folder / "works.csv").open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                if not _key(row["artist"]):
                    raise ValueError(f"whose work is it: {folder / row['file']}")
                if _key(row["artist"]) in of_collection:
                    raise ValueError(f"{row['artist']} is in the collection: {folder / row['file']}")
                found.append((folder / row["file"], row["artist"].strip(), row.get("title", "")))
    return found


def _key(name: str) -> str:
    """A name without accents, case and punctuation; letters of any script stay."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", plain.casefold().replace("ø", "o"))


def measure(scored: Scored, folders: list[Path]) -> dict[str, Any]:
    """Outcomes and rates per level, with the files as they are and with small ones. Makes the bench's database anew."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from similarity import index

    works = listed(folders, scored.slugs)
    database = Path(settings.DATABASES["default"]["NAME"])
    assert database.is_relative_to(settings.DATA_DIR), "only the bench's own database may be removed"
    connection.close()
    database.unlink()
    index.forget()
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", stdout=io.StringIO())
    return {
        "as they are": judged(scored, works, lambda path: path.read_bytes()),
        "as small as the collection's": judged(scored, works, small),
    }


def small(path: Path) -> bytes:
    """The picture as the collection's own files are."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=75)
    return out.getvalue()


def _name(copy: dict[str, Any] | None) -> str:
    return f"{copy['artist']}: {copy['title']}" if copy else ""


def judged(scored: Scored, works: list[Work], read: Any) -> dict[str, Any]:
    """Rates of flags among *works*, each read by *read*."""
    from similarity.audit import audit_image
    from similarity.encoder import load_encoder
    from similarity.index import open_index
    from similarity.judge import open_judge
    from similarity.models import Audit, Calibration

    encoder = load_encoder()
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    judge = open_judge(index, encoder=encoder.fingerprint, domain=Calibration.UPLOADS)
    assert judge is not None, "a calibration for uploads is bundled"
    audits = [audit_image(read(file)) for file, _, _ in tqdm(works, desc="strangers", unit="picture", mininterval=10)]
    failed = [str(file) for (file, _, _), audit in zip(works, audits, strict=True) if audit.outcome == "failed"]
    assert not failed, f"these cannot be read: {failed}"

    copies = [i for i, audit in enumerate(audits) if audit.outcome == Audit.Outcome.COPY]
    kept = np.setdiff1d(np.arange(len(works)), copies)
    vectors = np.stack([np.frombuffer(bytes(audits[i].vector or b""), "<f4") for i in kept])
    _, artist = np.unique([_key(works[i][1]) for i in kept], return_inverse=True)
    told: dict[str, Any] = {
        "works": len(kept),
        "artists": int(artist.max()) + 1,
        "in the collection": [f"{works[i][1]}: {works[i][2]} (as {_name(audits[i].copy_of)})" for i in copies],
        "strategy": judge.calibration.strategy,
        "levels": {},
    }
    for alpha in ALPHAS:
        decisions = [judge.decide(vector, index.compare(vector, 1)[1], alpha=alpha) for vector in vectors]
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
    raw = scored.of(vectors)
    told["strategies"] = {}
    for strategy in scores.STRATEGIES:
        calibrated = calibrate(scored.raw, scored.own, strategy)
        largest = calibrated.normalised(raw).max(axis=1)
        told["strategies"][strategy] = {
            f"{alpha:.0%}": rates(largest, artist, calibrated.single[alpha]) for alpha in ALPHAS
        }
    return told
