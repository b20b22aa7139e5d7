"""How an export will look: a small picture with its label, for the page. It carries no credential."""

import contextlib
import hashlib
import io

from django.core.cache import cache

from provenance.marking import label as labelling
from provenance.marking.errors import MarkingError
from provenance.works.models import Version
from provenance.works.wish import Wish, picture_of, settled

PIXELS = 480
KEPT_SECONDS = 3600


def preview(version: Version, wish: Wish) -> bytes:
    """WebP, at most :data:`PIXELS` on a side. Raises as :func:`~provenance.works.wish.look_ahead` does.

    A label that does not fit is left out: preflight says so beside the picture.
    """
    profile, wish = settled(version, wish)
    label = profile.label_for(language=wish.language)
    shown = f"{version.sha256}:{wish.labelled}:{label}"
    key = f"export-preview:{hashlib.sha256(shown.encode()).hexdigest()}"
    small: bytes | None = cache.get(key)
    if small is None:
        picture, there = picture_of(version, wish, profile)
        small = _shrunk(picture, label if wish.labelled and not there else None)
        cache.set(key, small, timeout=KEPT_SECONDS)
    return small


def _shrunk(picture: bytes, label: labelling.Label | None) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        shown = image.convert("RGB")
    if label is not None:
        with contextlib.suppress(MarkingError):
            shown = labelling.apply(shown, label=label).image
    shown.thumbnail((PIXELS, PIXELS), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    shown.save(out, "WEBP", quality=85)
    return out.getvalue()
