"""Compare one picture with everybody's works: is it a known one, and whom does it resemble.

Lanes that are never averaged. *Copy* is decided here (measured in docs/decisions/0002 and
tests/benchmarks/copy_lane.py), *style* by the calibration in force for the picture's domain
(``similarity/judge.py``); without one the outcome is ``not_calibrated``, with the scores beside it.
*Named in the prompt*, *used as a reference* and *in what the model was trained on* are facts, not inferences.
"""

import hashlib
import time
from collections.abc import Container
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _
from structlog import get_logger

from idempotency.once import once
from similarity.artist_names import named_in
from similarity.calibration import accepted_of
from similarity.confirm_copy import Seen, find_part, lay_over_kept
from similarity.encoder import Encoder, Vectors, load_encoder
from similarity.errors import SimilarityError
from similarity.fingerprint import codes_of_looks, is_telling
from similarity.index import ArtistScore, Hit, Index, open_index
from similarity.judge import not_judged, open_judge
from similarity.kept_pictures import kept
from similarity.models import Artist, Audit, Calibration, Reference
from similarity.pictures import Picture, decode
from similarity.refusals import known_artists
from similarity.style.decide import INSUFFICIENT, NO_KNOWN_ARTIST, Decision

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


@dataclass(frozen=True)
class Asked:
    """What is told of a picture beside its pixels.

    ``domain`` is the population it is judged in (``Calibration``). ``used`` are the files its model began
    from or looked at, ``trained_on`` what the model's passport says of its training, and
    ``trained_on_artists`` the slugs of the artists it names.
    """

    prompt: str = ""
    domain: str = Calibration.UPLOADS
    used: tuple[bytes, ...] = ()
    trained_on: str = ""
    trained_on_artists: tuple[str, ...] = ()


def audit_image(data: bytes, *, subject: UUID | None = None, prompt: str = "", asked: Asked | None = None) -> Audit:
    """The audit of the picture in *data*, not yet saved. *asked* says more than a *prompt*, and then all of it.

    A picture that cannot be read, or an encoder that cannot be loaded, gives the outcome
    ``failed`` with a code and a sentence. Errors that may pass by themselves are raised
    (``SimilarityError`` with ``permanent=False``, or the database's own).
    """
    began = time.perf_counter()
    asked = asked or Asked(prompt)
    try:
        picture = decode(data)
    except SimilarityError as error:
        if not error.permanent:
            raise
        audit = Audit(subject=subject, image_sha256=hashlib.sha256(data).hexdigest(), domain=asked.domain)
        audit.named_in_prompt = artists_named_in(asked.prompt)
        return _failed(audit, error, began)
    return audit_picture(picture, subject=subject, asked=asked, began=began)


def audit_once(
    data: bytes,
    *,
    owner: "AbstractBaseUser",
    prompt: str = "",
    generator: str = "",
    idempotency_key: str | None = None,
) -> tuple[Audit, bool]:
    """The stored audit of the picture in *data* for *owner*, and whether it is new.

    *generator* is the model that made it, if the asker says so: see ``domain_of``. The same owner and key
    with the same file and words give the same audit again. Raises ``SimilarityError`` and stores nothing:
    as ``decode`` for a file that is no picture, ``unknown_generator``, ``bad_idempotency_key``,
    ``idempotency_conflict``, or what may pass by itself.
    """
    body = {"image": hashlib.sha256(data).hexdigest(), "prompt": prompt}
    body |= {"generator": generator} if generator else {}
    mine = Audit.objects.filter(owner_id=owner.pk)
    request = once(mine=mine, key=idempotency_key, body=body, refuse=SimilarityError)
    if (earlier := request.earlier()) is not None:
        return earlier, False
    audit = audit_picture(decode(data), asked=Asked(prompt, domain_of(generator)))
    for name, value in {"owner_id": owner.pk, **request.columns}.items():
        setattr(audit, name, value)

    def save() -> Audit:
        audit.save(force_insert=True)
        return audit

    return request.make(save)


def domain_of(generator: str) -> str:
    """The domain of pictures by *generator*: the SHA-256 of a model's weights, or a name; empty for uploads.

    Raises ``SimilarityError`` ``unknown_generator`` for a name that no calibration in force knows.
    """
    said = generator.strip()
    if not said:
        return Calibration.UPLOADS
    if len(said) == 64 and set(said.lower()) <= set("0123456789abcdef"):
        return Calibration.GENERATED + said.lower()
    for calibration in accepted_of(Calibration.GENERATED):
        if calibration.generator.get("name") == said:
            return calibration.domain
    message = _("No calibration in force was made with pictures of “%(name)s”. Leave the generator out.")
    raise SimilarityError("unknown_generator", message % {"name": said}, field="generator")


def audit_picture(
    picture: Picture, *, subject: UUID | None = None, asked: Asked | None = None, began: float | None = None
) -> Audit:
    """As ``audit_image``, of a picture that was read already."""
    began = time.perf_counter() if began is None else began
    asked = asked or Asked()
    audit = Audit(subject=subject, image_sha256=picture.sha256, domain=asked.domain)
    audit.named_in_prompt = artists_named_in(asked.prompt)
    try:
        encoder = load_encoder()
        audit.encoder = encoder.fingerprint
        index = open_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
        audit.index, audit.references, audit.artists_compared = index.sha256, len(index), index.artist_count
        _compare(audit, picture, asked, encoder, index)
    except SimilarityError as error:
        if not error.permanent:
            raise
        log.error("audit_impossible", code=error.code, exc_info=error)
        return _failed(audit, error, began)
    audit.seconds = time.perf_counter() - began
    return audit


def artists_named_in(prompt: str) -> list[dict[str, str]]:
    """``{"artist", "slug", "matched"}`` of every enrolled artist the prompt names."""
    if not prompt.strip():
        return []
    known = known_artists()
    names = {artist.key: artist.names[0] for artist in known}
    return [
        {"artist": names[named.key], "slug": named.key, "matched": named.matched} for named in named_in(prompt, known)
    ]


def _compare(audit: Audit, picture: Picture, asked: Asked, encoder: Encoder, index: Index) -> None:
    vector = seen_before(picture.sha256, encoder)
    if vector is None:
        vector = encoder.embed([picture.rgb])[0]
    audit.vector = vector.astype("<f4").tobytes()
    hits, scores = index.compare(vector, NEAREST_WORKS)
    copy = find_copy(picture, vector, index)
    shown = [score for score in scores if score.sufficient][:NEAREST_ARTISTS] or scores[:NEAREST_ARTISTS]
    works = Reference.objects.filter(pk__in=[hit.reference for hit in hits]).order_by()
    rows = works.values_list("pk", "artist__name", "artist__slug", "title")
    titles = {pk: (name, slug, title) for pk, name, slug, title in rows}
    named = Artist.objects.filter(pk__in=[score.artist for score in shown]).order_by()
    artists = {pk: (name, slug) for pk, name, slug in named.values_list("pk", "name", "slug")}
    audit.works = [_work(*titles[hit.reference], hit) for hit in hits if hit.reference in titles]
    audit.artists = [_artist(*artists[score.artist], score) for score in shown if score.artist in artists]

    decision = _judged(audit, vector, index, scores, artists)
    work = copy and work_of(copy)
    told_of = {slug: name for name, slug in artists.values()}
    told_of |= {one.slug: one.artist for one in (*decision.candidates, decision.runner_up) if one}
    told_of |= {work.artist.slug: work.artist.name} if work else {}
    audit.decision = decision.facts() | {"facts": _facts_beside(asked, encoder, index, told_of)}
    audit.p_value = decision.p_value
    if copy and work:
        audit.outcome = Audit.Outcome.COPY
        audit.copy_of = copied(work, copy)
        audit.artist, audit.artist_name = work.artist, work.artist.name
        audit.score = next((score.score for score in scores if score.artist == work.artist_id), None)
        return
    audit.outcome = decision.outcome
    told = decision.candidates[0] if decision.candidates else decision.runner_up
    if told is not None and decision.outcome not in (NO_KNOWN_ARTIST, INSUFFICIENT):
        audit.artist = Artist.objects.filter(slug=told.slug).first()
        audit.artist_name, audit.score = told.artist, told.raw


def _judged(
    audit: Audit, vector: Vectors, index: Index, scores: list[ArtistScore], artists: dict[UUID, tuple[str, str]]
) -> Decision:
    """The style lane's decision, and by which calibration."""
    why = "no_calibration"
    if any(score.sufficient and score.artist in artists for score in scores):
        try:
            judge = open_judge(index, encoder=audit.encoder, domain=audit.domain)
        except SimilarityError as error:  # a hash that is wrong judges nobody, and is no reason not to measure
            log.error("calibration_refused", code=error.code, domain=audit.domain)
            judge, why = None, error.code
        if judge is not None:
            audit.calibration = judge.calibration
            return judge.decide(vector, scores)
    return not_judged(scores, artists, why, domain=audit.domain, encoder=audit.encoder, index=audit.index)


def seen_before(sha256: str, encoder: Encoder) -> Vectors | None:
    """The vector (d,) of a file that this encoder saw in an earlier audit, if one was kept."""
    held = Audit.objects.filter(image_sha256=sha256, encoder=encoder.fingerprint, vector__isnull=False)
    vector = held.values_list("vector", flat=True).first()
    found = None if vector is None else np.frombuffer(bytes(vector), "<f4")
    return found if found is not None and len(found) == encoder.dimension else None


def _facts_beside(asked: Asked, encoder: Encoder, index: Index, told_of: dict[str, str]) -> dict[str, Any]:
    """What needs no inference: known works among the files the model was given, whose works it learnt from.

    Of a list in its passport those are named whom the audit tells of (names by slug), and ``trained_on_artists`` says
    how long it is; None for one that names nobody.
    """
    used = []
    for data in asked.used:
        try:
            picture = decode(data)
        except SimilarityError as error:
            if not error.permanent:
                raise
            continue
        copy = find_copy(picture, encoder.embed([picture.rgb])[0], index)
        work = copy and work_of(copy)
        if copy and work:
            used.append(copied(work, copy))
    learnt = artists_named_in(asked.trained_on)
    said = {entry["slug"] for entry in learnt}
    learnt += [
        {"artist": name, "slug": slug, "matched": slug}
        for slug, name in told_of.items()
        if slug in asked.trained_on_artists and slug not in said
    ]
    count = len({*asked.trained_on_artists} | said) or None
    return {"used_as_reference": used, "trained_on": learnt, "trained_on_artists": count}


def find_copy(
    picture: Picture, vector: Vectors, index: Index, *, without: Container[UUID] = frozenset()
) -> Copy | None:
    """The known work this is the same picture as, if any.

    The same file; or an image-code within ``COPY_DISTANCE`` bits, of any of the looks of
    ``codes_of_looks``. The encoder is not asked: it looks at style, and takes a grey or brightened
    copy for something else (0002). Its cosine is kept beside, for the reader. Else a part of the picture
    that agrees, pixel by pixel, with a work whose picture is kept. *without*: works that *index* leaves out.
    """
    same_files = Reference.objects.filter(sha256=picture.sha256).order_by()
    same_file = next(iter(same_files.values_list("pk", flat=True)), None)
    if same_file is not None and same_file not in without:
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
    cosines = dict(zip(near.tolist(), index.similarities(vector, near).tolist(), strict=True))
    best = min(cosines, key=lambda row: (nearest[row], -cosines[row]))
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


def work_of(copy: Copy) -> Reference | None:
    """The known work of *copy*, if it is still here."""
    return Reference.objects.select_related("artist").filter(pk=copy.reference).first()


def _work(artist: str, slug: str, title: str, hit: Hit) -> dict[str, Any]:
    return {
        "reference": str(hit.reference),
        "artist": artist,
        "slug": slug,
        "title": title,
        "score": round(hit.score, 6),
    }


def _artist(name: str, slug: str, score: ArtistScore) -> dict[str, Any]:
    return {
        "artist": name,
        "slug": slug,
        "score": round(score.score, 6),
        "references": score.references,
        "sufficient": score.sufficient,
    }


def copied(work: Reference, copy: Copy) -> dict[str, Any]:
    """What ``Audit.copy_of`` holds of *work*."""
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
