"""Is a picture the same as one of some known works? By its file, or by its image-code (docs/decisions/0002)."""

import itertools

import numpy as np
from django.db.models import QuerySet

from similarity.audit import COPY_DISTANCE
from similarity.fingerprint import codes_of_looks, distances, is_telling
from similarity.models import Reference
from similarity.pictures import Picture

_AT_ONCE = 20_000


def same_picture(picture: Picture, among: QuerySet[Reference]) -> Reference | None:
    """The nearest of the works *among* that *picture* is a copy of, mirrored or a little cropped as it may be.

    It reads the rows themselves, so that a work counts from the moment it is there until it is gone.
    """
    if same_file := among.filter(sha256=picture.sha256).first():
        return same_file
    looks = [code for code in codes_of_looks(picture.rgb).values() if is_telling(code)]
    if not looks:
        return None
    best, nearest = None, COPY_DISTANCE + 1
    codes = among.order_by("pk").values_list("pk", "fingerprint").iterator(chunk_size=_AT_ONCE)
    while rows := list(itertools.islice(codes, _AT_ONCE)):
        table = np.frombuffer(b"".join(bytes(code) for _pk, code in rows), np.uint8).reshape(len(rows), -1)
        apart = np.stack([distances(look, table) for look in looks]).min(axis=0)
        row = int(apart.argmin())
        if apart[row] < nearest:
            best, nearest = rows[row][0], int(apart[row])
    return among.filter(pk=best).first() if best else None
