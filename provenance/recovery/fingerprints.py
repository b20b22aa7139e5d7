"""Take a picture's fingerprints, and remember them with the row they belong to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from provenance.recovery.models import RegisteredPicture

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Fingerprints:
    """``code`` 32 bytes (ISCC image-code), ``features`` 14 bytes a feature, filed under ``words``."""

    width: int
    height: int
    code: bytes
    features: bytes
    words: str


def fingerprints_of(image: "Image") -> Fingerprints:
    """Of an upright RGB picture; about 50 ms on one core, so take them outside of any transaction."""
    # Here: the web process and the tasks' definitions know this file, and do without numpy.
    import numpy as np

    from provenance.recovery.words import book, pack
    from similarity.fingerprint import image_code
    from similarity.matching.features import features_of

    return Fingerprints(
        width=image.width,
        height=image.height,
        code=image_code(image),
        features=pack(features_of(np.asarray(image))),
        words=book().fingerprint,
    )


def remember(
    fingerprints: Fingerprints,
    *,
    source: UUID,
    subject: UUID,
    blob: str,
    kind: str = RegisteredPicture.Kind.VERSION,
) -> RegisteredPicture:
    """Register a sealed file, once: a second call for the same *source* changes nothing."""
    row, _created = RegisteredPicture.objects.get_or_create(
        source=source,
        defaults={
            "kind": kind,
            "subject": subject,
            "blob": blob,
            "width": fingerprints.width,
            "height": fingerprints.height,
            "image_code": fingerprints.code,
            "features": fingerprints.features,
            "words": fingerprints.words,
        },
    )
    return row
