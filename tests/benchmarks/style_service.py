"""The service's own decisions about the unseen artists' works, enrolled and calibrated in a throw-away database.

The other 106 artists are enrolled from the catalogue and calibrated by the service's verbs; then its judge decides
about every work of the 30, content check and ambiguity included. A flag is ``style_match`` or ``ambiguous``: nobody
who is enrolled made these works, so every flag is false.
"""

import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.style_bootstrap import by_group, exact, share
from tests.benchmarks.style_flags import ALPHAS, Scored


def measure(scored: Scored, path: Path) -> dict[str, Any]:
    """Outcomes and rates of flags per level. Needs Django with a database that holds none of the unseen artists."""
    from similarity.calibrate import calibrate
    from similarity.calibration import threshold_at
    from similarity.catalogue import Catalogue, load_catalogue, read_catalogue
    from similarity.index import open_index
    from similarity.judge import judge_of
    from similarity.models import Calibration
    from similarity.style.conformal import mean_upper_bound

    catalogue = read_catalogue(path)
    rows = ~scored.unseen[scored.own]
    known = Catalogue(catalogue.encoder, {name: column[rows] for name, column in catalogue.columns.items()})
    load_catalogue(known, encoder=known.encoder, on_batch=lambda count: None)
    index = open_index(encoder=known.encoder, dimension=known.dimension)
    calibration = calibrate(encoder=known.encoder, dimension=known.dimension, domain=Calibration.UPLOADS)
    judge = judge_of(calibration, index)
    asked, artist = scored.vectors[~rows].astype(np.float32), scored.own[~rows]
    told: dict[str, Any] = {"enrolled": len(index), "strategy": calibration.strategy, "asked": len(asked), "levels": {}}
    for alpha in ALPHAS:
        threshold = threshold_at(calibration, alpha)
        began = time.process_time()
        decisions = [judge.decide(vector, alpha=alpha) for vector in asked]
        spent = time.process_time() - began
        flagged = np.array([decision.outcome in ("style_match", "ambiguous") for decision in decisions])
        each = by_group(flagged, artist)
        told["levels"][f"{alpha:.0%}"] = {
            "guarantee": threshold.guarantee if threshold else "none",
            "outcomes": dict(Counter(decision.outcome for decision in decisions)),
            "taken away by content": sum("shared_subject" in decision.reasons for decision in decisions),
            "artists": share(each, np.arange(len(each))),
            "bound": mean_upper_bound(each),
            "images": exact(int(flagged.sum()), len(flagged)),
            "worst artist": float(each.max()),
            "milliseconds a decision": 1000 * spent / len(asked),
        }
    return told
