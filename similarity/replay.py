"""Compute a report's numbers again, from its vector and, where the picture is given, from its pixels."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from similarity.encoder import Encoder, Vectors, load_encoder
from similarity.errors import SimilarityError
from similarity.index import Index, open_index
from similarity.judge import Judge, judge_of
from similarity.models import Calibration
from similarity.pictures import Picture
from similarity.report import (
    decided,
    differing,
    distribution,
    encoder_differs,
    explained,
    here,
    nameless,
    nearest_artists,
    rounded,
    same,
    scoring_of,
)


@dataclass(frozen=True)
class Difference:
    """``what`` of the report is not what comes out now; ``said`` and ``found`` are the two."""

    what: str
    said: Any
    found: Any


def replay(
    record: dict[str, Any], *, picture: Picture | None = None, on_look: Callable[[int], None] = lambda _count: None
) -> list[Difference]:
    """What comes out differently when the numbers of *record* are computed again; empty when nothing does.

    Raises ``SimilarityError`` and compares nothing: ``encoder_differs``, ``calibration_differs``,
    ``cohort_differs``, ``index_differs`` (of a report without a calibration) when that which decides is not what
    it was; ``other_picture``; ``report_unreadable``; or as ``load_encoder`` and ``open_index``.
    """
    try:
        hashes, decision = dict(record["hashes"]), dict(record["decision"])
        vector = np.frombuffer(base64.b64decode(record["vector"]["base64"], validate=True), "<f4").astype(np.float32)
        artists, counted = record["artists"], record["distribution"]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise _unreadable() from error
    if picture is not None and picture.sha256 != hashes.get("image"):
        message = _("This is another picture than the one that was audited.")
        raise SimilarityError("other_picture", message, field="image")
    encoder = load_encoder()
    if encoder.fingerprint != hashes.get("encoder"):
        raise encoder_differs()
    if len(vector) != encoder.dimension:
        raise _unreadable()
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    judge = _judge(hashes, index)
    found: list[Difference] = []
    if judge is not None:
        now = decided(vector, index, judge, decision.get("alpha"))
        found += [
            Difference(f"decision.{name}", decision.get(name), now.get(name)) for name in differing(decision, now)
        ]
        if counted is not None:
            again = rounded(distribution(judge, counted.get("slug", ""), now.get("threshold"), vector))
            found += _compared("distribution", counted, again)
        if record["outcome"] not in (now["outcome"], "copy"):
            found.append(Difference("outcome", record["outcome"], now["outcome"]))
    found += _compared(
        "artists", artists, rounded(nearest_artists(scoring_of(judge, index, encoder.dimension), vector, index, judge))
    )
    if picture is not None:
        found += _by_pixels(record, picture, encoder, vector, judge, index, on_look)
    return found


def _judge(hashes: dict[str, Any], index: Index) -> Judge | None:
    if not hashes.get("calibration"):
        if index.sha256 != hashes.get("index"):
            message = _("The works on record have changed since. Without a calibration nothing can be compared.")
            raise SimilarityError("index_differs", message)
        return None
    calibration = Calibration.objects.filter(sha256=hashes["calibration"]).first()
    if calibration is None:
        message = _("The calibration this was made with is not here. Its decision cannot be computed again.")
        raise SimilarityError("calibration_differs", message)
    judge = judge_of(calibration, index)
    if calibration.cohort != hashes.get("cohort") or here(judge) != hashes.get("cohort_here"):
        message = _("The works of the cohort are not those this was made with: some were withdrawn since.")
        raise SimilarityError("cohort_differs", message)
    return judge


def _by_pixels(
    record: dict[str, Any],
    picture: Picture,
    encoder: Encoder,
    vector: Vectors,
    judge: Judge | None,
    index: Index,
    on_look: Callable[[int], None],
) -> list[Difference]:
    seen = encoder.embed([picture.rgb])[0]
    found = []
    if not same([float(value) for value in vector], [float(value) for value in seen]):
        apart = round(float(vector @ seen), 6)
        found.append(Difference("vector", 1.0, apart))
    said = record["occlusion"]
    if said:
        scoring = scoring_of(judge, index, encoder.dimension)
        if said["artist"] not in scoring.slugs:
            return [*found, Difference("occlusion.artist", said["artist"], None)]
        again = rounded(explained(picture, encoder, scoring, said["artist"], on_look))
        found += _compared("ablations", record["ablations"], again["ablations"])
        found += _compared("occlusion", said, again["occlusion"])
    return found


def _compared(what: str, said: Any, found: Any) -> list[Difference]:
    """Where two JSON values part, named by its path."""
    if isinstance(said, dict) and isinstance(found, dict):
        said, found = nameless(said), nameless(found)
        names = sorted(said.keys() | found.keys())
        return [each for name in names for each in _compared(f"{what}.{name}", said.get(name), found.get(name))]
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        return [
            each
            for place, (one, other) in enumerate(zip(said, found, strict=True))
            for each in _compared(f"{what}[{place}]", one, other)
        ]
    return [] if same(said, found) else [Difference(what, said, found)]


def _unreadable() -> SimilarityError:
    return SimilarityError("report_unreadable", _("This file is no report of this kind, or it is damaged."))
