"""Find the registered picture that a stripped file shows: nominate by fingerprints, believe only the pixels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from structlog import get_logger

from generation import blobs
from provenance.recovery.inverted import asked
from provenance.recovery.models import RegisteredPicture
from provenance.recovery.registry import open_registry
from similarity.errors import SimilarityError
from similarity.fingerprint import image_code, is_telling
from similarity.matching.changes import Changes, describe
from similarity.matching.features import Features, features_of, reduced
from similarity.matching.geometry import scaling
from similarity.matching.registration import NotRegistered, Registration, register_by_features, register_whole
from similarity.pictures import decode

log = get_logger(__name__)

Pixels = NDArray[np.uint8]
# Which of these versions may be told to whoever asks.
Allowed = Callable[[Iterable[UUID]], set[UUID]]
# Of 256 bits: what a recompressed, resized, turned or mirrored copy differs by at most, and then some.
CODE_DISTANCE = 56
# Features of the query that the registry is asked about; all of them serve to confirm.
ASKED = 240
# Pictures are compared at this length of their long side; larger ones are reduced first.
COMPARED_SIDE = 1024
_BY_CODE = 6
_BY_FEATURES = 8
# The strongest stranger among 100,000 pictures has 14 in the middle of queries and 29 at most; a true copy
# that the image-codes do not find has 40 and more. The few weaker ones are looked at for good measure.
_STRONG = 30.0
_WEAK_LOOKED_AT = 2
# Candidates this much weaker than the strongest are not looked at once one was confirmed.
_WORTH_LOOKING = 0.5
_CONFIRMED_ENOUGH = 3


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """A registered picture that the query shows. ``nominated_by`` is ``code`` or ``features``.

    ``code_distance`` (of 256) is None when the local features nominated it.
    """

    picture: RegisteredPicture
    registration: Registration
    changes: Changes
    query: Pixels
    parent: Pixels
    nominated_by: str
    code_distance: int | None

    @property
    def similarity(self) -> int:
        """0..100: how well the pixels agree where the two meet (mean correlation)."""
        return max(0, min(100, round(self.registration.agreement.mean * 100)))


def recover(query: Image.Image, *, allowed: Allowed, named: Iterable[UUID] = ()) -> Recovered | None:
    """The registered picture that *query*, upright RGB, shows; None when none of the *allowed* does.

    Fingerprints only nominate, and so do the *named* versions (by a printed code, say); what is returned
    was laid over the query and agreed pixel by pixel. Of several that agree (a work and its retouched
    child) the closest is returned.
    """
    registry = open_registry()
    if not len(registry):
        return None
    pixels = np.asarray(query)
    small = _small(pixels)
    by_code = registry.near_codes(_orientation_codes(query), within=CODE_DISTANCE)
    nominated = _permitted(sorted(by_code, key=lambda row: (by_code[row], row)), registry.subjects, allowed)[:_BY_CODE]
    confirmed = _whole(small, nominated)
    if not any(found.registration.agreement.is_close for found in confirmed):
        features = features_of(small)
        shared = registry.sharing_features(asked(features.spread(ASKED)))
        told = list(RegisteredPicture.objects.filter(subject__in=allowed(named)).values_list("pk", flat=True))
        first = list(dict.fromkeys([*told, *nominated]))
        strong = [row for place, row in enumerate(shared) if place < _WEAK_LOOKED_AT or shared[row] >= _STRONG]
        rows = list(dict.fromkeys([*first, *_permitted(strong, registry.subjects, allowed)]))
        confirmed += _by_features(small, features, rows[: _BY_FEATURES + len(first)], shared)
    if not confirmed:
        return None
    best = max(confirmed, key=_closeness)
    full = _at_full_size(best.registration, query=pixels, parent=best.pixels)
    return Recovered(
        picture=best.picture,
        registration=full,
        changes=describe(full, query=pixels, parent=best.pixels),
        query=pixels,
        parent=best.pixels,
        nominated_by="code" if best.picture.pk in by_code else "features",
        code_distance=by_code.get(best.picture.pk),
    )


@dataclass(frozen=True)
class _Confirmed:
    """``registration`` is of the reduced pictures; ``pixels`` are the registered file's own."""

    picture: RegisteredPicture
    pixels: Pixels
    registration: Registration


def _closeness(one: _Confirmed) -> tuple[float, int, int]:
    """The closest pixels first, then the most features; of equals the one registered first."""
    return round(one.registration.agreement.mean, 2), one.registration.inliers, -one.picture.pk


def _orientation_codes(query: Image.Image) -> list[bytes]:
    """Image-codes of the eight ways the picture may have been turned and mirrored, where they tell anything."""
    small = query.copy()
    small.thumbnail((512, 512))
    ways = (None, *Image.Transpose)
    codes = [image_code(query)] + [image_code(small.transpose(way)) for way in ways if way is not None]
    return [code for code in codes if is_telling(code)] or codes[:1]


def _permitted(rows: list[int], subjects: Callable[[list[int]], dict[int, UUID]], allowed: Allowed) -> list[int]:
    """Those of *rows* (best first) that may be told, in their order."""
    of_row = subjects(rows)
    may = allowed(set(of_row.values()))
    return [row for row in rows if of_row.get(row) in may]


def _whole(small: Pixels, rows: list[int]) -> list[_Confirmed]:
    confirmed = []
    for picture in _pictures(rows):
        pixels = _pixels_of(picture)
        found = register_whole(small, _small(pixels)) if pixels is not None else None
        if found is not None and pixels is not None:
            confirmed.append(_Confirmed(picture, pixels, found))
    return confirmed


def _by_features(small: Pixels, features: Features, rows: list[int], shared: dict[int, float]) -> list[_Confirmed]:
    confirmed: list[_Confirmed] = []
    strongest = 0.0
    for picture in _pictures(rows):
        strength = shared.get(picture.pk, 0.0)
        if confirmed and (len(confirmed) >= _CONFIRMED_ENOUGH or strength < _WORTH_LOOKING * strongest):
            break
        pixels = _pixels_of(picture)
        if pixels is None:
            continue
        parent = _small(pixels)
        found = register_by_features(small, parent, features, features_of(parent))
        if not isinstance(found, NotRegistered):
            confirmed.append(_Confirmed(picture, pixels, found))
            strongest = max(strongest, strength)
    return confirmed


def _pictures(rows: list[int]) -> list[RegisteredPicture]:
    held = RegisteredPicture.objects.defer("features").in_bulk(rows)
    return [held[row] for row in rows if row in held]


def _pixels_of(picture: RegisteredPicture) -> Pixels | None:
    """The registered file's pixels; None, with a line in the log, when the file is gone or damaged."""
    try:
        return np.asarray(decode(blobs.get(picture.blob)).rgb)
    except (OSError, SimilarityError) as error:
        log.error("registered_file_unreadable", picture=picture.pk, why=type(error).__name__)
        return None


def _small(pixels: Pixels) -> Pixels:
    return reduced(pixels, side=COMPARED_SIDE) if max(pixels.shape[:2]) > COMPARED_SIDE else pixels


def _at_full_size(registration: Registration, *, query: Pixels, parent: Pixels) -> Registration:
    """The same registration between the pictures as they were before they were reduced."""
    full_query, full_parent = (query.shape[1], query.shape[0]), (parent.shape[1], parent.shape[0])
    (qw, qh), (pw, ph) = registration.query_size, registration.parent_size
    to_parent = scaling(full_parent[0] / pw, full_parent[1] / ph)
    matrix = to_parent @ registration.homography @ scaling(qw / full_query[0], qh / full_query[1])
    return Registration(
        homography=matrix / matrix[2, 2],
        query_size=full_query,
        parent_size=full_parent,
        inliers=registration.inliers,
        matches=registration.matches,
        agreement=registration.agreement,
    )
