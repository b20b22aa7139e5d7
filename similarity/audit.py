"""Compare one picture with everybody's works: is it a known one, and whom does it resemble.

Three lanes that are never averaged. *Copy* is decided here (measured in docs/decisions/0002 and
tests/benchmarks/copy_lane.py). *Style* is only measured: until a calibration exists the outcome is
``not_calibrated``, with the scores beside it. *Named in the prompt* is a fact, not an inference.
"""

import hashlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _
from structlog import get_logger

from idempotency.once import once
from similarity.artist_names import Known, named_in
from similarity.confirm_copy import Seen, find_part, lay_over_kept
from similarity.encoder import Encoder, Vectors, load_encoder
from similarity.errors import SimilarityError
from similarity.fingerprint import codes_of_looks, is_telling
from similarity.index import ArtistScore, Hit, Index, open_index
from similarity.kept_pictures import kept
from similarity.models import Artist, Audit, Reference
from similarity.pictures import Picture, decode

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = get_logger(__name__)

NEAREST_WORKS = 8
NEAREST_ARTISTS = 5
# Same picture: image-codes at most this many of 256 bits apart.
COPY_DISTANCE = 46


@dataclass(frozen=True)
class Copy:
    """The known work a picture is the same as, or has in it, and by what that was seen.

    ``confirmed``: the pixels were laid over the work's and agree, do not agree, or (None) the work's are not kept.
    ``seen`` tells where it lies.
    """

    reference: UUID
    method: str
    distance: int | None
    cosine: float | None
    confirmed: bool | None = None
    seen: Seen | None = None


def audit_image(data: bytes, *, subject: UUID | None = None, prompt: str = "") -> Audit:
    """The audit of the picture in *data*, not yet saved.

    A picture that cannot be read, or an encoder that cannot be loaded, gives the outcome
    ``failed`` with a code and a sentence. Errors that may pass by themselves are raised
    (``SimilarityError`` with ``permanent=False``, or the database's own).
    """
    began = time.perf_counter()
    try:
        picture = decode(data)
    except SimilarityError as error:
        if not error.permanent:
            raise
        audit = Audit(subject=subject, image_sha256=hashlib.sha256(data).hexdigest())
        audit.named_in_prompt = artists_named_in(prompt)
        return _failed(audit, error, began)
    return audit_picture(picture, subject=subject, prompt=prompt, began=began)


def audit_once(
    data: bytes, *, owner: "AbstractBaseUser", prompt: str = "", idempotency_key: str | None = None
) -> tuple[Audit, bool]:
    """The stored audit of the picture in *data* for *owner*, and whether it is new.

    The same owner and key with the same file and prompt give the same audit again. Raises
    ``SimilarityError`` and stores nothing: as ``decode`` for a file that is no picture,
    ``bad_idempotency_key``, ``idempotency_conflict``, or what may pass by itself.
    """
    body = {"image": hashlib.sha256(data).hexdigest(), "prompt": prompt}
    mine = Audit.objects.filter(owner_id=owner.pk)
    request = once(mine=mine, key=idempotency_key, body=body, refuse=SimilarityError)
    if (earlier := request.earlier()) is not None:
        return earlier, False
    audit = audit_picture(decode(data), prompt=prompt)
    for name, value in {"owner_id": owner.pk, **request.columns}.items():
        setattr(audit, name, value)

    def save() -> Audit:
        audit.save(force_insert=True)
        return audit

    return request.make(save)


def audit_picture(
    picture: Picture, *, subject: UUID | None = None, prompt: str = "", began: float | None = None
) -> Audit:
    """As ``audit_image``, of a picture that was read already."""
    began = time.perf_counter() if began is None else began
    audit = Audit(subject=subject, image_sha256=picture.sha256, named_in_prompt=artists_named_in(prompt))
    try:
        encoder = load_encoder()
        audit.encoder = encoder.fingerprint
        index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
    except SimilarityError as error:
        if not error.permanent:
            raise
        log.error("audit_impossible", code=error.code, exc_info=error)
        return _failed(audit, error, began)
    audit.index, audit.references, audit.artists_compared = index.sha256, len(index), index.artist_count
    _compare(audit, picture, encoder, index)
    audit.seconds = time.perf_counter() - began
    return audit


def artists_named_in(prompt: str) -> list[dict[str, str]]:
    """``{"artist", "slug", "matched"}`` of every enrolled artist the prompt names."""
    if not prompt.strip():
        return []
    artists = {slug: (name, aliases) for slug, name, aliases in Artist.objects.values_list("slug", "name", "aliases")}
    known = [
        Known(slug, (name, *map(str, aliases if isinstance(aliases, list) else ())))
        for slug, (name, aliases) in artists.items()
    ]
    return [
        {"artist": artists[named.key][0], "slug": named.key, "matched": named.matched}
        for named in named_in(prompt, known)
    ]


def _compare(audit: Audit, picture: Picture, encoder: Encoder, index: Index) -> None:
    vector = encoder.embed([picture.rgb])[0]
    hits = index.nearest(vector, NEAREST_WORKS)
    scores = index.artist_scores(vector)
    copy = find_copy(picture, vector, index)
    shown = [score for score in scores if score.sufficient][:NEAREST_ARTISTS] or scores[:NEAREST_ARTISTS]
    works = Reference.objects.select_related("artist").in_bulk(
        [hit.reference for hit in hits] + ([copy.reference] if copy else [])
    )
    artists = Artist.objects.in_bulk([score.artist for score in shown])
    audit.works = [_work(works[hit.reference], hit) for hit in hits if hit.reference in works]
    audit.artists = [_artist(artists[score.artist], score) for score in shown if score.artist in artists]

    nearest = next((score for score in shown if score.sufficient and score.artist in artists), None)
    if copy and copy.reference in works:
        work = works[copy.reference]
        audit.outcome = Audit.Outcome.COPY
        audit.copy_of = _copied(work, copy)
        audit.artist, audit.artist_name = work.artist, work.artist.name
        audit.score = next((score.score for score in scores if score.artist == work.artist_id), None)
    elif nearest is None:
        audit.outcome = Audit.Outcome.INSUFFICIENT_REFERENCES
    else:
        audit.outcome = Audit.Outcome.NOT_CALIBRATED
        audit.artist, audit.artist_name = artists[nearest.artist], artists[nearest.artist].name
        audit.score = nearest.score


def find_copy(picture: Picture, vector: Vectors, index: Index) -> Copy | None:
    """The known work this is the same picture as, if any.

    The same file; or an image-code within ``COPY_DISTANCE`` bits, of any of the looks of
    ``codes_of_looks``. The encoder is not asked: it looks at style, and takes a grey or brightened
    copy for something else (0002). Its cosine is kept beside, for the reader. Else a part of the picture
    that agrees, pixel by pixel, with a work whose picture is kept.
    """
    same_file = Reference.objects.filter(sha256=picture.sha256).values_list("pk", flat=True).first()
    if same_file:
        return Copy(same_file, "same_file", 0, None)
    if not len(index):
        return None
    looks = {name: code for name, code in codes_of_looks(picture.rgb).items() if is_telling(code)}
    if not looks:
        return None
    apart = np.stack([index.code_distances(code) for code in looks.values()])
    nearest = apart.min(axis=0)
    near = np.flatnonzero(nearest <= COPY_DISTANCE)
    if not len(near):
        part = find_part(picture.rgb, index)
        return part and Copy(part[0], "part", part[1], None, confirmed=True, seen=part[2])
    cosines = index.similarities(vector)
    best = min((int(row) for row in near), key=lambda row: (nearest[row], -cosines[row]))
    method = list(looks)[int(apart[:, best].argmin())]
    copy = Copy(index.reference_of(best), method, int(nearest[best]), float(cosines[best]))
    sha256 = Reference.objects.filter(pk=copy.reference, picture_kept=True).values_list("sha256", flat=True).first()
    work = kept(sha256) if sha256 else None
    if work is None:
        return copy
    seen = lay_over_kept(picture.rgb, work)
    return replace(copy, confirmed=seen is not None, seen=seen)


def _failed(audit: Audit, error: SimilarityError, began: float) -> Audit:
    audit.outcome = Audit.Outcome.FAILED
    audit.error_code, audit.error = error.code, error.message
    audit.seconds = time.perf_counter() - began
    return audit


def _work(work: Reference, hit: Hit) -> dict[str, Any]:
    return {
        "reference": str(work.pk),
        "artist": work.artist.name,
        "slug": work.artist.slug,
        "title": work.title,
        "score": round(hit.score, 6),
    }


def _artist(artist: Artist, score: ArtistScore) -> dict[str, Any]:
    return {
        "artist": artist.name,
        "slug": artist.slug,
        "score": round(score.score, 6),
        "references": score.references,
        "sufficient": score.sufficient,
    }


def _copied(work: Reference, copy: Copy) -> dict[str, Any]:
    return {
        "reference": str(work.pk),
        "artist": work.artist.name,
        "slug": work.artist.slug,
        "title": work.title,
        "year": work.year,
        "source": work.source,
        "licence": work.licence,
        "sha256": work.sha256,
        "method": _method(copy.method),
        "method_code": copy.method,
        "distance": copy.distance,
        "cosine": None if copy.cosine is None else round(copy.cosine, 6),
        "confirmed": copy.confirmed,
        "where": [list(corner) for corner in copy.seen.where] if copy.seen else None,
        "agreement": copy.seen.agreement if copy.seen else None,
    }


def _method(code: str) -> str:
    if code == "same_file":
        return _("the same file")
    if code == "part":
        return _("a part of the picture, laid over the work's own pixels")
    if code.endswith("_mirrored"):
        return _("its image-code, mirrored")
    return _("its image-code, as a crop") if "cropped" in code else _("its image-code")
