"""False and true flags among pictures that models made.

False flags: thresholds by the rank rule on Colophon-Mini's own neutral pictures, then others asked about, of other
prompts or, when those are used up, other seeds; exact intervals (Clopper and Pearson), for the pictures are
independent. *Crossed*: the same on the pictures of the bundled calibration, each fifth asked about by a threshold from
the other four. Both with the confidence of the bundled calibration. True flags: its
pictures "in the style of" ten artists, five of whom the encoder was never trained on; single and as one set an artist.
And the pictures other models made for the prompt "style of X" (``../shared/data/generated``), which come as uploads
do and are judged by the threshold for uploads.
"""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from similarity.models import Calibration
from similarity.style import conformal, scores, sets
from similarity.style import fit as style_fit
from similarity.style.fitted import Fitted
from tests.benchmarks import style_pictures
from tests.benchmarks.style_bootstrap import exact, exact_bound, share
from tests.benchmarks.style_flags import ALPHAS, SET_SIZE, Calibrated, Floats, Ints, Scored, calibrate, outcomes

FOLDS = 5


def measure(
    scored: Scored, data: Path, scratch: Path, *, calibration: int, test: int, artists: int, seeds: int
) -> dict[str, Any]:
    """Rates per strategy and level; renders what is missing."""
    told: dict[str, Any] = {"others' pictures": others(scored, data), "crossed": crossed(scored)}
    if not calibration or not test:
        return told
    _vectors, confidence = bundled()
    known, asked = style_pictures.neutral(calibration, test)
    chosen = styled_artists(scored, artists)
    styled = style_pictures.in_the_style_of([scored.slugs[a].replace("-", " ") for a in chosen], seeds)
    raw = {
        name: scored.of(style_pictures.vectors_of(cells, scratch / "mini"))
        for name, cells in (("known", known), ("asked", asked), ("styled", styled))
    }
    own = np.repeat(chosen, seeds)
    new = len({cell.prompt for cell in asked} - {cell.prompt for cell in known})
    told |= {"calibrated on": calibration, "confidence": confidence, "asked": len(asked), "of other prompts": new}
    told |= {"artists": [scored.slugs[a] for a in chosen], "seeds": seeds}
    told["strategies"] = {
        strategy: _of_strategy(scored, raw, own, strategy, confidence, new) for strategy in scores.STRATEGIES
    }
    told["strategy"] = max(scores.STRATEGIES, key=lambda name: told["strategies"][name]["5%"]["power"])
    return told


def crossed(scored: Scored) -> dict[str, Any]:
    """False flags among the neutral pictures of the bundled calibration, by thresholds that did not see them."""
    pictures, confidence = bundled()
    if pictures is None:
        return {}
    scale, _ = scores.scales(scored.raw, scored.own)
    raw = scored.of(pictures.astype(np.float32))
    fold = np.random.default_rng(0).permutation(len(raw)) % FOLDS
    told: dict[str, Any] = {"pictures": len(raw)}
    for strategy in scores.STRATEGIES:
        largest = scores.normalise(raw, strategy, scale).max(axis=1)
        told[strategy] = {}
        for alpha in ALPHAS:
            limits = [conformal.threshold_of_images(largest[fold != k], alpha, confidence) for k in range(FOLDS)]
            values = np.array([np.inf if limit.value is None else limit.value for limit in limits])
            flagged = int((largest > values[fold]).sum())
            told[strategy][f"{alpha:.0%}"] = {
                "guarantee": limits[0].guarantee,
                "false flags": exact(flagged, len(raw)),
                "bound": exact_bound(flagged, len(raw)),
            }
    return told


def bundled() -> tuple[Any, float]:
    """Vectors of the generator's pictures in the bundled calibration (u × d) and its confidence; None, the default."""
    path = Path(settings.CALIBRATION)
    if path.is_file():
        with np.load(path, allow_pickle=False) as held:
            for number, facts in enumerate(json.loads(str(held["told"]))):
                vectors = Fitted.from_bytes(held[f"numbers_{number}"].tobytes()).vectors
                if vectors is not None:
                    return vectors, Calibration.confidence_of(facts["thresholds"][0]) or conformal.CONFIDENCE
    return None, conformal.CONFIDENCE


def styled_artists(scored: Scored, count: int) -> Ints:
    """Columns of artists to imitate, half of them never seen by the encoder."""
    rng = np.random.default_rng(0)
    half = count // 2
    unseen, trained = np.flatnonzero(scored.unseen), np.flatnonzero(scored.trained)
    return np.sort(
        np.concatenate([rng.choice(unseen, half, replace=False), rng.choice(trained, count - half, replace=False)])
    )


def _of_strategy(
    scored: Scored, raw: dict[str, Floats], own: Ints, strategy: str, confidence: float, new: int
) -> dict[str, Any]:
    scale, _ = scores.scales(scored.raw, scored.own)
    known = scores.normalise(raw["known"], strategy, scale)
    calibrated = Calibrated(
        strategy,
        scale,
        {alpha: conformal.threshold_of_images(known.max(axis=1), alpha, confidence) for alpha in ALPHAS},
        {alpha: conformal.threshold_of_images(sets.drawn_of_images(known, SET_SIZE), alpha) for alpha in ALPHAS},
    )
    largest = calibrated.normalised(raw["asked"]).max(axis=1)
    styled = calibrated.normalised(raw["styled"])
    told: dict[str, Any] = {}
    for alpha in ALPHAS:
        limit = calibrated.single[alpha]
        above = largest > (np.inf if limit.value is None else limit.value)
        flagged = int(above.sum())
        told[f"{alpha:.0%}"] = {
            "threshold": limit.facts(),
            "false flags": exact(flagged, len(largest)),
            "bound": exact_bound(flagged, len(largest)),
            "of other prompts": exact(int(above[:new].sum()), new) if new else None,
            "power": style_fit.power(calibrated.normalised(scored.raw), scored.own, limit.value),
            "single": {key: share(value, own) for key, value in outcomes(styled, own, limit.value).items()},
            "sets": _sets(styled, own, calibrated.sets[alpha]),
        }
    return told


def _sets(styled: Floats, own: Ints, limit: conformal.Threshold) -> dict[str, Any]:
    """One set an artist, of all its seeds; calibrated on sets of ``SET_SIZE``, which it must have at least."""
    artists = np.unique(own)
    rows = np.stack([styled[own == a].mean(axis=0) for a in artists])
    found = outcomes(rows, artists, limit.value)
    return {"threshold": limit.facts()} | {key: [int(value.sum()), len(artists)] for key, value in found.items()}


def others(scored: Scored, data: Path) -> dict[str, Any]:
    """Pictures of other models for the prompt "style of X", by the thresholds for uploads."""
    with (data / "generated" / "images.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    raw = scored.of(_vectors([data / "generated" / row["file"] for row in rows]))
    own = np.array([scored.slugs.index(row["artist"]) for row in rows])
    told: dict[str, Any] = {"pictures": len(rows), "artists": len(np.unique(own)), "strategies": {}}
    for strategy in scores.STRATEGIES:
        calibrated = calibrate(scored.raw, scored.own, strategy)
        normalised = calibrated.normalised(raw)
        rank = (normalised > normalised[np.arange(len(own)), own][:, None]).sum(axis=1)
        told["strategies"][strategy] = {
            "nearest": share(rank < 1, own),
            "among five": share(rank < 5, own),
            **{
                f"{alpha:.0%}": {
                    key: share(value, own)
                    for key, value in outcomes(normalised, own, calibrated.single[alpha].value).items()
                }
                for alpha in ALPHAS
            },
        }
    return told


def _vectors(paths: list[Path]) -> Floats:
    from similarity.encoder import load_encoder
    from similarity.pictures import decode

    return load_encoder().embed([decode(path.read_bytes()).rgb for path in paths])
