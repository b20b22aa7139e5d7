"""Register sealed files that were sealed before there was a registry, or under another vocabulary."""

from collections.abc import Iterator
from uuid import UUID

from structlog import get_logger

from generation import blobs
from provenance.recovery.fingerprints import fingerprints_of, remember
from provenance.recovery.models import RegisteredPicture
from provenance.recovery.words import book
from provenance.works.models import Version
from similarity.errors import SimilarityError
from similarity.pictures import decode

log = get_logger(__name__)


def fingerprint_versions() -> Iterator[tuple[UUID, bool]]:
    """Go through sealed versions without current fingerprints; each with whether it was registered.

    Safe to stop and to run again. A version whose file is gone or cannot be read is passed over, with a
    line in the log.
    """
    current = RegisteredPicture.objects.filter(words=book().fingerprint).values("source")
    sealed = Version.objects.filter(status__in=Version.SEALED).exclude(pk__in=current).order_by("created_at")
    for pk, blob in list(sealed.values_list("pk", "blob")):
        try:
            fingerprints = fingerprints_of(decode(blobs.get(blob)).rgb)
        except (OSError, SimilarityError) as error:
            log.error("version_not_fingerprinted", version_id=str(pk), why=type(error).__name__)
            yield pk, False
            continue
        RegisteredPicture.objects.filter(source=pk).exclude(words=fingerprints.words).delete()
        remember(fingerprints, source=pk, subject=pk, blob=blob)
        yield pk, True
