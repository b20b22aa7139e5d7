"""Lay a picture, or a part of it, over a known work whose pixels are kept: is it there, and where?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from similarity.fingerprint import image_code, is_telling
from similarity.index import Index
from similarity.kept_pictures import kept
from similarity.matching.geometry import overlap
from similarity.matching.registration import NotRegistered, register
from similarity.models import Reference
from similarity.tiles import Box, Tile, tiles_of

# Pictures are laid over each other at this length of their long side.
COMPARED_SIDE = 1024
# Of 256 bits: a part cut on the border of a work differs by 34 in the middle of cases; strangers come this near too
# (docs/decisions/0019), which is why a part counts only when its pixels agree.
PART_DISTANCE = 70
_NOMINATED = 200
_LOOKED_AT = 6

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """``where`` the known work lies in the picture, corner by corner, as shares (0..1) of width and height.

    ``agreement`` is the mean correlation (0..1) of the pixels where the two meet.
    """

    where: tuple[tuple[float, float], ...]
    agreement: float


def lay_over_kept(image: Image.Image, work: Pixels) -> Seen | None:
    """Where *work* lies in an upright RGB picture; None when the pixels do not agree anywhere."""
    query = image if max(image.size) <= COMPARED_SIDE else image.copy()
    query.thumbnail((COMPARED_SIDE, COMPARED_SIDE), Image.Resampling.BOX)
    # OpenCV asks for arrays it could write to.
    found = register(np.array(query), np.array(work))
    if isinstance(found, NotRegistered):
        return None
    meeting = overlap(found.homography, query=found.query_size, parent=found.parent_size)
    assert meeting is not None, "a registration has an overlap"
    corners = meeting.in_query / np.array(found.query_size)
    return Seen(tuple((round(float(x), 5), round(float(y), 5)) for x, y in corners), round(found.agreement.mean, 4))


def find_part(image: Image.Image, index: Index) -> tuple[UUID, int, Seen] | None:
    """A known work inside *image*: the reference, bits of 256 that its part differs by, and where it lies.

    Fingerprints of the parts only nominate, and only works whose pictures are kept; the pixels decide.
    """
    if not len(index) or not Reference.objects.filter(picture_kept=True).exists():
        return None
    tiles = [(tile, code) for tile in tiles_of(image) if is_telling(code := image_code(tile.image))]
    if not tiles:
        return None
    apart = np.stack([index.code_distances(code) for _tile, code in tiles])
    for row, tile, distance, work in _nominated(index, [tile for tile, _code in tiles], apart):
        seen = lay_over_kept(image.crop(tile.box), work)
        if seen is not None:
            return index.reference_of(row), distance, replace(seen, where=_in_whole(seen.where, tile.box, image.size))
    return None


def _nominated(index: Index, tiles: list[Tile], apart: NDArray[np.int64]) -> Iterator[tuple[int, Tile, int, Pixels]]:
    """Row, tile, distance and kept pixels of the works nearest to any tile, nearest first."""
    nearest = apart.min(axis=0)
    rows = np.flatnonzero(nearest <= PART_DISTANCE)
    rows = rows[np.argsort(nearest[rows], kind="stable")][:_NOMINATED]
    references = {int(row): index.reference_of(int(row)) for row in rows}
    with_picture = Reference.objects.filter(pk__in=references.values(), picture_kept=True)
    sha256s = dict(with_picture.values_list("pk", "sha256"))
    looked_at = 0
    for row, reference in references.items():
        work = kept(sha256s[reference]) if reference in sha256s else None
        if work is None:
            continue
        yield row, tiles[int(apart[:, row].argmin())], int(nearest[row]), work
        looked_at += 1
        if looked_at == _LOOKED_AT:
            return


def _in_whole(
    where: tuple[tuple[float, float], ...], box: Box, size: tuple[int, int]
) -> tuple[tuple[float, float], ...]:
    left, top, right, bottom = box
    return tuple(
        (round((left + x * (right - left)) / size[0], 5), round((top + y * (bottom - top)) / size[1], 5))
        for x, y in where
    )
