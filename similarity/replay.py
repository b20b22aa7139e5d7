"""Compute a report's numbers again, from its vector and, where the picture is given, from its pixels."""

import base64
import binascii
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from similarity.as_it_was import decided, differing, enrolled_since, is_as_audited, nameless, same
from similarity.audit import copied, find_copy, work_of
from similarity.encoder import Encoder, Vectors, load_encoder
from similarity.errors import SimilarityError
from similarity.exact import similarities
from similarity.index import Hit, Index, open_index
from similarity.judge import Judge, judge_of
from similarity.kept_pictures import kept
from similarity.models import Calibration, Embedding, Reference
from similarity.pictures import Picture
from similarity.report import (
    NEAREST_WORKS,
    Scoring,
    calibration_facts,
    distribution,
    encoder_differs,
    explained,
    generator_of,
    hashes,
    here,
    nearest_artists,
    rounded,
    scored_works,
    scoring_of,
)
from similarity.style.decide import INSUFFICIENT, NO_KNOWN_ARTIST

_PARTS = {
    *("artists", "artist", "calibration", "compared", "copy", "decision", "distribution", "hashes", "image", "made_at"),
    *("ablations", "nearest_works", "occlusion", "outcome", "question", "vector"),
}
# Words, dates and the reduced picture. The rest is numbers, and what follows from them.
_TOLD = (
    *("audit", "audited_at", "as_of", "calibration.accepted_at", "facts", "image.thumbnail", "made_at"),
    *("nearest_works.title", "nearest_works.year", "service"),
)
_OF_A_CALIBRATION = ("sha256", "domain", "strategy", "thresholds", "artists", "works", "units", "figures", "generator")
_OF_A_WORK = ("slug", "sha256", "raw", "normalised", "content")
_OF_A_COPY = ("slug", "sha256", "method_code", "distance", "cosine")
_OF_ITS_PIXELS = ("confirmed", "where", "agreement")
_OF_AN_IMAGE = ("sha256", "width", "height", "media_type")
# Shares of width and height: where a work lies is searched for, and found a little elsewhere by other processors.
_SHIFT = 0.01


class Why(StrEnum):
    """Why a part of a report is not compared."""

    NEEDS_IMAGE = "needs_image"
    WORKS_LEFT = "works_left"
    PICTURES_KEPT = "pictures_kept"
    OLDER_REPORT = "older_report"
    TOLD = "told"


@dataclass(frozen=True)
class Difference:
    """``what`` of the report is not what comes out now; ``said`` and ``found`` are the two."""

    what: str
    said: Any
    found: Any


@dataclass(frozen=True)
class LeftOut:
    """``what`` of the report was not compared, and ``why``."""

    what: str
    why: Why


@dataclass
class Replay:
    """What of a report was compared, what was not, and what came out differently. Parts are named as in its record."""

    compared: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def compare(self, what: str, said: Any, found: Any) -> None:
        self.compared.append(what)
        self.differences += _parting(what, said, found)

    def leave_out(self, why: Why, *parts: str) -> None:
        self.left_out += [LeftOut(part, why) for part in parts]


@dataclass(frozen=True)
class _Then:
    """What the report was made with. ``index`` is without the works that were enrolled ``since``."""

    encoder: Encoder
    judge: Judge | None
    index: Index
    since: frozenset[UUID]
    vector: Vectors
    scoring: Scoring

    @property
    def nearest(self) -> str:
        slugs = self.scoring.slugs
        return slugs[int(self.scoring.of(self.vector[None, :])[0].argmax())] if slugs else ""


def replay(
    record: dict[str, Any], *, picture: Picture | None = None, on_look: Callable[[int], None] = lambda _count: None
) -> Replay:
    """Compute the numbers of *record* again and compare them; those from the pixels only with *picture*.

    Raises ``SimilarityError`` and compares nothing: ``encoder_differs``, ``calibration_differs``,
    ``cohort_differs``, ``index_differs`` (of a report without a calibration) when that which decides is not what
    it was; ``other_picture``; ``report_unreadable``; or as ``load_encoder`` and ``open_index``.
    """
    out = Replay()
    then = _as_it_was(record, picture)
    now = decided(record["decision"], then.vector, then.index, then.judge)
    why_no_copy = _why_no_copy(record["copy"], picture)
    asked = _compare_decision(record, now, why_no_copy, then, out)
    _compare_artists(record, then, out)
    _compare_works(record, then, out)
    again = rounded(distribution(then.judge, asked, now["threshold"], then.vector))
    out.compare("distribution", record["distribution"], again)
    _compare_origin(record, then, out)
    if picture is None:
        out.leave_out(
            Why.NEEDS_IMAGE, "image", "vector", *(name for name in ("ablations", "occlusion") if record[name])
        )
    else:
        _compare_pixels(record, picture, asked, then, out, on_look)
    if why_no_copy:
        out.leave_out(why_no_copy, "copy")
    elif picture is not None:
        _compare_copy(record["copy"], picture, then, out)
    out.leave_out(Why.TOLD, *_TOLD)
    return out


def _as_it_was(record: dict[str, Any], picture: Picture | None) -> _Then:
    """Raises as ``replay``."""
    try:
        said, vector = dict(record["hashes"]), base64.b64decode(record["vector"]["base64"], validate=True)
        seen = np.frombuffer(vector, "<f4").astype(np.float32)
        # Reports of before ``as_of`` show the works of the moment they were made.
        moment = parse_datetime(str(record.get("as_of") or record["made_at"]))
        named = {str(work["sha256"]) for work in [*record["nearest_works"], record["copy"]] if work}
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise _unreadable() from error
    if moment is None or not record.keys() >= _PARTS:
        raise _unreadable()
    if picture is not None and picture.sha256 != said.get("image"):
        message = _("This is another picture than the one that was audited.")
        raise SimilarityError("other_picture", message, field="image")
    encoder = load_encoder()
    if encoder.fingerprint != said.get("encoder"):
        raise encoder_differs()
    if len(seen) != encoder.dimension:
        raise _unreadable()
    calibration = _calibration(said)
    since = enrolled_since(moment, calibration, named=named)
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension).without(since)
    judge = judge_of(calibration, index) if calibration else None
    if calibration and judge and (calibration.cohort != said.get("cohort") or here(judge) != said.get("cohort_here")):
        message = _("The works of the cohort are not those this was made with: some were withdrawn since.")
        raise SimilarityError("cohort_differs", message)
    if judge is None and index.sha256 != said.get("index"):
        message = _("The works on record have changed since. Without a calibration nothing can be compared.")
        raise SimilarityError("index_differs", message)
    return _Then(encoder, judge, index, since, seen, scoring_of(judge, index, encoder.dimension))


def _calibration(said: dict[str, Any]) -> Calibration | None:
    if not said.get("calibration"):
        return None
    calibration = Calibration.objects.filter(sha256=said["calibration"]).first()
    if calibration is None:
        message = _("The calibration this was made with is not here. Its decision cannot be computed again.")
        raise SimilarityError("calibration_differs", message)
    return calibration


def _compare_decision(
    record: dict[str, Any], now: dict[str, Any], why_no_copy: Why | None, then: _Then, out: Replay
) -> str:
    """The artist (a slug) by whose works the report explains the picture."""
    decision, copy = record["decision"], record["copy"]
    named = str((record["artist"] or {}).get("slug") or "")
    if not decision:
        out.leave_out(Why.OLDER_REPORT, "artist", "compared", "decision", "outcome")
        return named if named in then.scoring.slugs else then.nearest
    out.compared.append("decision")
    fields = differing(decision, now)
    out.differences += [Difference(f"decision.{name}", decision.get(name), now.get(name)) for name in fields]
    outcome, artist = ("copy", str(copy.get("slug") or "")) if copy else (now["outcome"], _told(now, then))
    if copy and why_no_copy:
        out.leave_out(why_no_copy, "outcome", "artist")
    else:
        out.compare("outcome", record["outcome"], outcome)
        out.compare("artist", named, artist)
    if is_as_audited(decision, then.index):
        out.compare("decision.unjudged", decision.get("unjudged"), now["unjudged"])
        out.compare("compared", record["compared"], {"works": len(then.index), "artists": then.index.artist_count})
    else:
        out.leave_out(Why.WORKS_LEFT, "compared", "decision.too_few", "decision.unjudged")
    return artist if artist in then.scoring.slugs else then.nearest


def _told(now: dict[str, Any], then: _Then) -> str:
    told = next(iter(now["candidates"]), now["runner_up"])
    if told is not None and now["outcome"] not in (NO_KNOWN_ARTIST, INSUFFICIENT):
        return str(told["slug"])
    return then.nearest


def _compare_artists(record: dict[str, Any], then: _Then, out: Replay) -> None:
    said, found = record["artists"], rounded(nearest_artists(then.scoring, then.vector, then.index, then.judge))
    if then.judge is not None and "as_of" not in record:
        # They counted works that did not judge, too.
        out.leave_out(Why.OLDER_REPORT, "artists.raw", "artists.references")
        said, found = (_each(rows, ("slug", "normalised")) for rows in (said, found))
    out.compare("artists", said, found)


def _compare_works(record: dict[str, Any], then: _Then, out: Replay) -> None:
    said = record["nearest_works"]
    if then.index.sha256 == record["hashes"].get("index"):
        found = rounded(scored_works(then.index.nearest(then.vector, NEAREST_WORKS), then.vector, then.judge))
        out.compare("nearest_works", _each(said, _OF_A_WORK), _each(found, _OF_A_WORK))
        return
    out.compared.append("nearest_works")
    out.leave_out(Why.WORKS_LEFT, "nearest_works.others")
    hits = _hits([work["sha256"] for work in said], then)
    still = {work["sha256"]: work for work in rounded(scored_works(hits, then.vector, then.judge))}
    for place, work in enumerate(said):
        part = f"nearest_works[{place}]"
        if work["sha256"] in still:
            out.differences += _parting(part, _only(work, _OF_A_WORK), _only(still[work["sha256"]], _OF_A_WORK))
        else:
            out.leave_out(Why.WORKS_LEFT, part)


def _hits(sha256s: Collection[str], then: _Then) -> list[Hit]:
    """Those of the works that are still here, in no order."""
    held = Embedding.objects.filter(reference__sha256__in=sha256s, encoder=then.encoder.fingerprint)
    rows = list(held.values_list("reference_id", "reference__artist_id", "vector"))
    seen = np.array([np.frombuffer(bytes(vector), "<f2") for *_ids, vector in rows]).reshape(-1, len(then.vector))
    scores = similarities(then.vector, seen.astype(np.float16)).tolist()
    return [Hit(work, artist, score) for (work, artist, _vector), score in zip(rows, scores, strict=True)]


def _compare_origin(record: dict[str, Any], then: _Then, out: Replay) -> None:
    """By which calibration, encoder and works, asked what."""
    judge, said = then.judge, dict(record["hashes"])
    row = judge.calibration if judge else None
    found = rounded(calibration_facts(row))
    out.compare("calibration", _only(record["calibration"], _OF_A_CALIBRATION), _only(found, _OF_A_CALIBRATION))
    domain = row.domain if row else record["decision"].get("domain", "")
    out.compare("question", record["question"], rounded({"domain": domain, "generator": generator_of(judge)}))
    now = hashes(said.get("image", ""), then.encoder, then.index, judge)
    if now["index"] != said.pop("index", ""):
        out.leave_out(Why.WORKS_LEFT, "hashes.index")
        del now["index"]
    out.compare("hashes", said, _only(now, tuple(said)))


def _compare_pixels(
    record: dict[str, Any],
    picture: Picture,
    asked: str,
    then: _Then,
    out: Replay,
    on_look: Callable[[int], None],
) -> None:
    seen = then.encoder.embed([picture.rgb])[0]
    out.compared.append("vector")
    if not same([float(value) for value in then.vector], [float(value) for value in seen]):
        out.differences.append(Difference("vector", 1.0, round(float(then.vector @ seen), 6)))
    image = {name: getattr(picture, name) for name in _OF_AN_IMAGE if name in record["image"]}
    out.compare("image", _only(record["image"], _OF_AN_IMAGE), image)
    if record["occlusion"] or record["ablations"]:
        again = rounded(explained(picture, then.encoder, then.scoring, asked, on_look))
        out.compare("ablations", record["ablations"], again["ablations"])
        out.compare("occlusion", record["occlusion"], again["occlusion"])


def _why_no_copy(said: dict[str, Any] | None, picture: Picture | None) -> Why | None:
    """Why the copy lane cannot be compared; None when it can."""
    if picture is None:
        return Why.NEEDS_IMAGE
    if said is None:
        return None
    if not Reference.objects.filter(sha256=said["sha256"]).exists():
        return Why.WORKS_LEFT
    return Why.PICTURES_KEPT if said.get("method_code") == "part" and kept(said["sha256"]) is None else None


def _compare_copy(said: dict[str, Any] | None, picture: Picture, then: _Then, out: Replay) -> None:
    copy = find_copy(picture, then.vector, then.index, without=then.since)
    work = copy and work_of(copy)
    found = rounded(copied(work, copy)) if copy and work else None
    out.compare("copy", _only(said, _OF_A_COPY), _only(found, _OF_A_COPY))
    if said is None or found is None:
        return
    if (said.get("confirmed") is None) != (found["confirmed"] is None):
        out.leave_out(Why.PICTURES_KEPT, *(f"copy.{name}" for name in _OF_ITS_PIXELS))
        return
    for name in _OF_ITS_PIXELS:
        if not same(said.get(name), found[name], within=_SHIFT):
            out.differences.append(Difference(f"copy.{name}", said.get(name), found[name]))


def _parting(what: str, said: Any, found: Any) -> list[Difference]:
    """Where two JSON values part, named by its path."""
    if isinstance(said, dict) and isinstance(found, dict):
        said, found = nameless(said), nameless(found)
        names = sorted(said.keys() | found.keys())
        return [each for name in names for each in _parting(f"{what}.{name}", said.get(name), found.get(name))]
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        return [
            each
            for place, (one, other) in enumerate(zip(said, found, strict=True))
            for each in _parting(f"{what}[{place}]", one, other)
        ]
    return [] if same(said, found) else [Difference(what, said, found)]


def _only(entry: dict[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    return entry and {name: entry[name] for name in names if name in entry}


def _each(rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any] | None]:
    return [_only(row, names) for row in rows]


def _unreadable() -> SimilarityError:
    return SimilarityError("report_unreadable", _("This file is no report of this kind, or it is damaged."))
