"""How far the works a calibration was made with are still here: counted without numpy, for pages and warnings."""

import hashlib
import io
import math
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass

from django.core.cache import cache

from similarity.models import Calibration, Embedding
from similarity.watermark import watermark_of

# As ``similarity.judge.MAY_BE_MISSING`` and ``similarity.search.ENOUGH_REFERENCES``, which would bring numpy here; a
# test holds them equal.
MAY_BE_MISSING = 0.05
ENOUGH_WORKS = 10
_KEPT_SECONDS = 86_400
_DIGEST = 32
# Of a version 1.0 file, and then two bytes with its header's length (numpy.lib.format).
_NPY = b"\x93NUMPY\x01\x00"


@dataclass(frozen=True)
class Standing:
    """Of the ``works`` of a cohort, how many are ``missing``, and of at most how many that may be so.

    Works of an artist with too few left count as missing, as ``similarity.judge`` counts them. ``unjudged`` works
    are here and compared with, and count for no judgement: they came since, or their artists have too few.
    """

    works: int
    artists: int
    missing: int
    may_be_missing: int
    unjudged: int

    @property
    def judges(self) -> bool:
        """Whether it still judges anybody; as ``similarity.judge.Judge.is_whole``."""
        return self.missing <= self.may_be_missing and self.artists > 1

    @property
    def near_limit(self) -> bool:
        """From half of what may be missing on."""
        return not self.judges or (self.missing > 0 and 2 * self.missing >= MAY_BE_MISSING * self.works)


def standing_of(calibration: Calibration) -> Standing | None:
    """Over the works as they are now, kept until vectors change; None where the row does not hold its cohort.

    The row may come without its arrays: they are read when there is something to count.
    """
    key = f"cohort-standing:{calibration.sha256}:{watermark_of(calibration.encoder)}"
    standing: Standing | None = cache.get(key)
    if standing is None and (cohort := _cohort_of(calibration)) is not None:
        standing = _counted(cohort, calibration.encoder)
        cache.set(key, standing, timeout=_KEPT_SECONDS)
    return standing


def _counted(cohort: set[str], encoder: str) -> Standing:
    here = Embedding.objects.filter(encoder=encoder).values_list("reference__sha256", "reference__artist_id")
    artists = [artist for sha256, artist in here if sha256 in cohort]
    enough = [count for count in Counter(artists).values() if count >= ENOUGH_WORKS]
    return Standing(
        works=len(cohort),
        artists=len(enough),
        missing=len(cohort) - sum(enough),
        may_be_missing=len(cohort) - math.ceil((1 - MAY_BE_MISSING) * len(cohort)),
        unjudged=len(here) - sum(enough),
    )


def _cohort_of(calibration: Calibration) -> set[str] | None:
    """SHA-256 of its works' files, from the array ``cohort`` (n × 32 bytes) of the ``.npz``."""
    try:
        with zipfile.ZipFile(io.BytesIO(bytes(calibration.numbers))) as numbers:
            array = numbers.read("cohort.npy")
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError):
        return None
    start = len(_NPY) + 2 + int.from_bytes(array[len(_NPY) : len(_NPY) + 2], "little")
    digests = [array[at : at + _DIGEST] for at in range(start, len(array), _DIGEST)]
    # This also tells an array of another kind or order.
    if not array.startswith(_NPY) or hashlib.sha256(b"".join(sorted(digests))).hexdigest() != calibration.cohort:
        return None
    return {digest.hex() for digest in digests}
