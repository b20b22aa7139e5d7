"""The record of a report: one audit with everything that explains it and lets anybody compute it again. Plain JSON."""

import base64
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import Image

from similarity.as_it_was import decided, differing, enrolled_since
from similarity.encoder import Encoder, Vectors, load_encoder
from similarity.encoder_files import PROCEDURE, sha256_of
from similarity.errors import SimilarityError
from similarity.explain.ablations import ablations, reduced
from similarity.explain.occlusion import looks_of, occlusion_map
from similarity.explain.plots import histogram
from similarity.index import Hit, Index, open_index
from similarity.judge import Judge, judge_of
from similarity.models import Artist, Audit, Calibration, Embedding, Reference
from similarity.pictures import Picture
from similarity.report_lines import readable

Floats = NDArray[np.floating]

NEAREST_WORKS = 8
NEAREST_ARTISTS = 6
# The picture in the report, so that the map can be read; larger would give away more than it explains.
THUMBNAIL = 320
REPLAY = "python manage.py replay REPORT.json --image FILE"
# Numbers of a report are rounded to this many digits, which other machines' rounding does not reach.
_DIGITS = 5


@dataclass(frozen=True)
class Scoring:
    """``slugs`` of A artists, and how m vectors (m × d) score with them: m × A, the higher, the nearer."""

    slugs: tuple[str, ...]
    of: Callable[[Vectors], Floats]


def looks_needed(picture: Picture) -> int:
    """How many times the encoder looks at a picture for its report: the length of the progress bar."""
    return len(ablations(Image.new("RGB", (8, 8)))) + looks_of(reduced(picture.rgb).size)


def report_record(
    audit: Audit, *, picture: Picture | None, on_look: Callable[[int], None] = lambda _count: None
) -> dict[str, Any]:
    """The record of *audit*. Without *picture* it has no thumbnail, no ablations and no map.

    Raises ``SimilarityError``: ``other_picture`` when *picture* is not the one that was audited,
    ``encoder_differs`` when another encoder is in use by now, ``nothing_to_explain`` when the audit failed,
    ``audit_outdated`` when what it rests on has changed, so that the decision would be another; or as
    ``load_encoder`` and ``open_index``.
    """
    if picture is not None and picture.sha256 != audit.image_sha256:
        raise SimilarityError(
            "other_picture", _("This is another picture than the one that was audited."), field="image"
        )
    if audit.outcome == Audit.Outcome.FAILED:
        message = _("This picture could not be judged, so there is nothing to explain. Audit it again.")
        raise SimilarityError("nothing_to_explain", message)
    encoder = load_encoder()
    if audit.encoder != encoder.fingerprint:
        raise encoder_differs()
    index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    judge = judge_of(audit.calibration, index) if audit.calibration else None
    # What was enrolled since is no part of what was found; those who replay it leave it out by the same moment.
    as_of = audit.created_at or timezone.now()
    index = index.without(enrolled_since(as_of, audit.calibration))
    vector = _vector_of(audit, picture, encoder)
    decision = dict(audit.decision)
    if decision and differing(decision, decided(decision, vector, index, judge)):
        raise SimilarityError(
            "audit_outdated",
            _("Works that this audit rests on have changed since. Audit the picture again, then make its report."),
        )
    scoring = scoring_of(judge, index, encoder.dimension)
    artist = _asked(audit, scoring, vector)
    record = {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "audited_at": audit.created_at.isoformat(timespec="seconds") if audit.created_at else "",
        "as_of": as_of.isoformat(timespec="microseconds"),
        "audit": str(audit.pk),
        "service": {"name": settings.SERVICE_NAME, "version": settings.SERVICE_VERSION},
        "question": {"domain": audit.domain, "generator": generator_of(judge)},
        "image": {"sha256": audit.image_sha256, **_image_facts(picture)},
        "outcome": str(audit.outcome),
        "artist": _named(audit, artist),
        "decision": decision,
        "copy": audit.copy_of,
        "facts": {"named_in_prompt": audit.named_in_prompt, **decision.get("facts", {})},
        "compared": {"works": audit.references, "artists": audit.artists_compared or 0},
        "artists": nearest_artists(scoring, vector, index, judge),
        "nearest_works": scored_works(index.nearest(vector, NEAREST_WORKS), vector, judge),
        "distribution": distribution(judge, artist, decision.get("threshold"), vector),
        "ablations": [],
        "occlusion": None,
        "calibration": calibration_facts(audit.calibration),
        "hashes": hashes(audit.image_sha256, encoder, index, judge),
        "vector": {"type": "<f4", "base64": base64.b64encode(vector.astype("<f4").tobytes()).decode()},
        "replay": REPLAY,
    }
    if picture is not None and artist:
        record |= explained(picture, encoder, scoring, artist, on_look)
    whole: dict[str, Any] = rounded(record)
    return whole


def explained(
    picture: Picture, encoder: Encoder, scoring: Scoring, artist: str, on_look: Callable[[int], None]
) -> dict[str, Any]:
    """``ablations`` and ``occlusion`` of one picture, by its score with *artist* (a slug of *scoring*)."""
    small = reduced(picture.rgb)
    column = scoring.slugs.index(artist)
    names = dict(Artist.objects.filter(slug__in=scoring.slugs).values_list("slug", "name"))
    parts = ablations(small)
    scores = scoring.of(encoder.embed(list(parts.values())))
    on_look(len(parts))
    rows = [
        {
            "kind": kind,
            "statistic": float(row.max()),
            "artist": names.get(scoring.slugs[int(row.argmax())], ""),
            "slug": scoring.slugs[int(row.argmax())],
            "score": float(row[column]),
        }
        for kind, row in zip(parts, scores, strict=True)
    ]
    found = occlusion_map(small, lambda batch: scoring.of(encoder.embed(list(batch)))[:, column], on_look=on_look)
    drops = [[float(drop) for drop in line] for line in found.drops]
    return {"ablations": rows, "occlusion": {"artist": artist, "score": found.score, "drops": drops}}


def scoring_of(judge: Judge | None, index: Index, dimension: int) -> Scoring:
    """By *judge*; without one the raw scores with every artist in the index."""
    if judge is not None:
        return Scoring(
            judge.cohort.slugs, lambda vectors: np.stack([scores.normalised for scores in judge.scores(vectors)])
        )
    _scores, artists = index.artist_scores_of(np.zeros((1, dimension), np.float32))
    slugs = dict(Artist.objects.filter(pk__in=artists).values_list("pk", "slug"))
    return Scoring(
        tuple(slugs.get(artist, "") for artist in artists), lambda vectors: index.artist_scores_of(vectors)[0]
    )


def nearest_artists(scoring: Scoring, vector: Vectors, index: Index, judge: Judge | None) -> list[dict[str, Any]]:
    """The artists nearest by the score that decides, best first, with the works they were compared by."""
    counted = _counted(vector, index, judge)
    known = {artist.slug: artist for artist in Artist.objects.filter(slug__in=scoring.slugs)}
    scores = scoring.of(vector[None, :])[0]
    best = [column for column in np.argsort(-scores, kind="stable") if scoring.slugs[column] in known]
    rows = []
    for column in best[:NEAREST_ARTISTS]:
        artist = known[scoring.slugs[column]]
        raw, references = counted.get(artist.slug, (None, 0))
        rows.append(
            {
                "artist": artist.name,
                "slug": artist.slug,
                "raw": raw,
                "normalised": float(scores[column]) if judge else None,
                "references": references,
            }
        )
    return rows


def _counted(vector: Vectors, index: Index, judge: Judge | None) -> dict[str, tuple[float, int]]:
    """Of each artist (a slug) the raw score and the works it is of: those of the cohort, where one judges."""
    if judge is not None:
        seen = judge.scores(vector[None, :])[0]
        rows = zip(seen.slugs, seen.raw.tolist(), seen.references.tolist(), strict=True)
        return {slug: (raw, references) for slug, raw, references in rows}
    found = index.artist_scores(vector)
    slugs = dict(Artist.objects.filter(pk__in=[score.artist for score in found]).values_list("pk", "slug"))
    return {slugs[score.artist]: (score.score, score.references) for score in found if score.artist in slugs}


def scored_works(hits: Sequence[Hit], vector: Vectors, judge: Judge | None) -> list[dict[str, Any]]:
    """Works with three scores: ``raw`` cosine, ``normalised`` (in spreads above what works by others score against
    that artist) and ``content``, the cosine of what is left without style."""
    ids = [hit.reference for hit in hits]
    works = Reference.objects.select_related("artist").in_bulk(ids)
    held = Embedding.objects.filter(reference__in=ids, encoder=judge.calibration.encoder if judge else "")
    vectors = {pk: np.frombuffer(bytes(row), "<f2") for pk, row in held.values_list("reference_id", "vector")}
    rows = []
    for hit in hits:
        if hit.reference not in works or (judge is not None and hit.reference not in vectors):
            continue
        work = works[hit.reference]
        scores: dict[str, float | None] = {"normalised": None, "content": None}
        if judge is not None:
            seen = vectors[hit.reference][None, :]
            space = judge.fitted.content
            content = space.similarities(space.of(vector[None, :])[0], seen, space.lengths(seen))
            scores["content"] = float(content[0])
            if work.artist.slug in judge.cohort.slugs:
                column = judge.cohort.slugs.index(work.artist.slug)
                scores["normalised"] = float((hit.score - judge.scale.mean[column]) / judge.scale.spread[column])
        facts = {"artist": work.artist.name, "slug": work.artist.slug, "title": work.title, "year": work.year}
        rows.append({**facts, "sha256": work.sha256, "raw": hit.score, **scores})
    return rows


def distribution(judge: Judge | None, artist: str, threshold: float | None, vector: Vectors) -> dict[str, Any] | None:
    """The artist's own works, each compared with their others, and the background, with this picture among them."""
    if judge is None or artist not in judge.cohort.slugs:
        return None
    column = judge.cohort.slugs.index(artist)
    own = judge.held_out(np.flatnonzero(judge.cohort.own == column))[:, column]
    this = float(judge.scores(vector[None, :])[0].normalised[column])
    counted = histogram(own, judge.fitted.statistics, this=this, threshold=threshold)
    return counted | {"artist": judge.names.get(artist, artist), "slug": artist}


def hashes(image: str, encoder: Encoder, index: Index, judge: Judge | None) -> dict[str, str]:
    """SHA-256 of everything that decides. ``cohort_here``: the works of the cohort that are there now."""
    files = encoder.files
    way = {"procedure": PROCEDURE, "preprocess": files.preprocess, "crops": files.crops.facts()}
    canonical = json.dumps(way, sort_keys=True, separators=(",", ":"), default=list)
    return {
        "image": image,
        "encoder": encoder.fingerprint,
        "weights": files.weights_sha256,
        "preprocessing": hashlib.sha256(canonical.encode()).hexdigest(),
        "readout": sha256_of(files.readout) if files.readout else "",
        "cohort": judge.calibration.cohort if judge else "",
        "cohort_here": here(judge) if judge else "",
        "calibration": judge.calibration.sha256 if judge else "",
        "index": index.sha256,
    }


def here(judge: Judge) -> str:
    """One name for the works of the cohort that are in the collection now."""
    return hashlib.sha256(judge.cohort.sha256s.tobytes()).hexdigest()


def encoder_differs() -> SimilarityError:
    message = _("Another encoder is in use than the one this was made with. Its numbers cannot be compared.")
    return SimilarityError("encoder_differs", message)


def _vector_of(audit: Audit, picture: Picture | None, encoder: Encoder) -> Vectors:
    if audit.vector:
        return np.frombuffer(bytes(audit.vector), "<f4").astype(np.float32)
    if picture is None:
        message = _("This audit is too old to be explained by itself. Give its picture too, or audit it again.")
        raise SimilarityError("picture_needed", message, field="image")
    return np.asarray(encoder.embed([picture.rgb])[0], np.float32)


def _asked(audit: Audit, scoring: Scoring, vector: Vectors) -> str:
    """The artist whose resemblance is explained: whom the audit names, else the nearest."""
    if audit.artist is not None and audit.artist.slug in scoring.slugs:
        return audit.artist.slug
    return scoring.slugs[int(scoring.of(vector[None, :])[0].argmax())] if scoring.slugs else ""


def _named(audit: Audit, artist: str) -> dict[str, str] | None:
    if audit.artist_name:
        gone = str((audit.copy_of or {}).get("slug") or artist)
        return {"slug": audit.artist.slug if audit.artist else gone, "name": audit.artist_name}
    name = Artist.objects.filter(slug=artist).values_list("name", flat=True).first()
    return {"slug": artist, "name": name} if name else None


def _image_facts(picture: Picture | None) -> dict[str, Any]:
    if picture is None:
        return {"thumbnail": "", "thumbnail_size": None}
    small = picture.rgb.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80)
    return {
        "width": picture.width,
        "height": picture.height,
        "media_type": picture.media_type,
        "notes": list(picture.notes),
        "thumbnail": base64.b64encode(out.getvalue()).decode(),
        "thumbnail_size": list(small.size),
    }


def generator_of(judge: Judge | None) -> str:
    return str(judge.calibration.generator.get("name") or "") if judge else ""


def calibration_facts(row: Calibration | None) -> dict[str, Any] | None:
    """Of the row as it is now: a judge may have been opened when it was a draft."""
    if row is None:
        return None
    return {
        "id": str(row.pk),
        "sha256": row.sha256,
        "domain": row.domain,
        "strategy": row.strategy,
        "thresholds": row.thresholds,
        "artists": row.artists,
        "works": row.works,
        "units": row.units,
        "figures": row.figures,
        "generator": row.generator,
        "accepted_at": row.decided_at.isoformat(timespec="seconds") if row.decided_at else "",
    }


def rounded(value: Any) -> Any:
    """Plain JSON: floats to ``_DIGITS`` (not in ``decision``, which is kept to the last), text as Unicode."""
    if isinstance(value, float):
        return round(value, _DIGITS) + 0.0
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, Sequence):
        return [rounded(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name == "decision" else rounded(each) for name, each in value.items()}
    return value
