"""Records as reports hold them, with numbers of our own: pages and sheets need no encoder."""

import base64
import io
from typing import Any

import numpy as np

from similarity.explain.plots import histogram
from tests.similarity.conftest import painting


def thumbnail() -> tuple[str, list[int]]:
    picture, out = painting(5, size=(160, 120)), io.BytesIO()
    picture.save(out, "WEBP")
    return base64.b64encode(out.getvalue()).decode(), list(picture.size)


def make_record(outcome: str = "style_match", *, text: str = "Claude Monet", **fields: Any) -> dict[str, Any]:
    """A record of every part, with *text* in every place where somebody's words stand."""
    rng = np.random.default_rng(1)
    small, size = thumbnail()
    domain = "generated:" + "ab" * 32
    candidate = {"slug": "one", "artist": text, "raw": 0.81, "normalised": 4.91, "references": 75}
    record: dict[str, Any] = {
        "made_at": "2026-11-28T11:00:00+00:00",
        "audited_at": "2026-11-28T10:00:00+00:00",
        "audit": "00000000-0000-0000-0000-000000000000",
        "service": {"name": "Colophon", "version": "0.1.0"},
        "question": {"domain": domain, "generator": text},
        "image": {"sha256": "ab" * 32, "width": 160, "height": 120, "thumbnail": small, "thumbnail_size": size},
        "outcome": outcome,
        "artist": {"slug": "one", "name": text},
        "decision": {
            "outcome": outcome,
            "domain": domain,
            "reasons": ["above_threshold"],
            "alpha": 0.05,
            "guarantee": "confident",
            "threshold": 3.2,
            "statistic": 4.91,
            "p_value": 0.003,
            "lr": {"log10": 1.62, "low": 1.21, "high": 1.93, "cap": 2.1},
            "candidates": [candidate],
            "content": {"near": True, "similarity": 0.6, "limit": 0.5, "p": 0.02, "impostors": 200, "upheld": True},
            "n": 1000,
        },
        "copy": None,
        "facts": {
            "named_in_prompt": [{"artist": text, "slug": "one", "matched": text}],
            "used_as_reference": [{"artist": text, "title": text}],
            "trained_on": [{"artist": text}],
        },
        "compared": {"works": 10171, "artists": 136},
        "artists": [{**candidate, "normalised": 4.9 - each} for each in range(5)],
        "nearest_works": [{"artist": text, "title": text, "raw": 0.85, "normalised": 5.0, "content": 0.4}],
        "distribution": histogram(rng.normal(4, 1, 75), rng.gumbel(1.6, 0.6, 1000), this=4.91, threshold=3.2)
        | {"artist": text, "slug": "one"},
        "ablations": [
            {"kind": kind, "statistic": score, "artist": text, "slug": "one", "score": score}
            for kind, score in (("as_it_is", 4.91), ("grey", 2.2), ("shuffled", 3.9), ("blurred", -0.4))
        ],
        "occlusion": {"artist": "one", "score": 4.91, "drops": [[0.0, 0.1, 0.0], [0.0, 0.0, 0.4], [-0.1, 0.0, 0.0]]},
        "calibration": {
            "thresholds": [
                {"alpha": 0.01, "value": None, "guarantee": "none", "units": 1000, "rank": None, "realised": None},
                {"alpha": 0.05, "value": 3.2, "guarantee": "confident", "units": 1000, "rank": 39, "realised": 0.038},
            ]
        },
        "hashes": {name: name[:1] * 64 for name in ("image", "encoder", "weights", "cohort", "calibration", "index")},
        "vector": {"type": "<f4", "base64": ""},
        "replay": "python manage.py replay REPORT.json --image FILE",
    }
    return record | fields


def copied(text: str = "Claude Monet", **fields: Any) -> dict[str, Any]:
    """What the copy lane writes down."""
    corners = [[0.2, 0.2], [0.7, 0.2], [0.7, 0.8], [0.2, 0.8]]
    copy = {"artist": text, "title": text, "method_code": "part", "confirmed": True, "where": corners}
    return copy | {"agreement": 0.93} | fields
