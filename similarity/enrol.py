"""Put works into the reference collection, and take them out again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from similarity.kept_pictures import forget, keep
from similarity.models import Artist, Embedding, IndexChange, Reference, WithdrawnWork
from similarity.watermark import lock_watermark, raise_watermark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ArtistFacts:
    """Who made it. The slug decides who is who; the other facts are taken when the artist is new."""

    slug: str
    name: str
    born: int | None = None
    died: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewWork:
    """A work as it is enrolled. ``code`` is its image-code (32 bytes), ``vector`` a unit row (d,).

    ``picture`` is the reduced copy to keep (``kept_pictures.reduced_copy``), or empty to keep none.
    """

    artist: ArtistFacts
    sha256: str
    code: bytes
    vector: "NDArray[np.floating]"
    title: str = ""
    year: str = ""
    style: str = ""
    licence: str = ""
    source: str = ""
    picture: bytes = b""


@dataclass(frozen=True)
class Enrolled:
    """How many references and vectors are new, how many works were wholly there already, and how many
    were left out because their artists withdrew them."""

    references: int
    vectors: int
    present: int
    withdrawn: int = 0


def enrol(works: Sequence[NewWork], *, encoder: str, by_artist: bool = False) -> Enrolled:
    """Add *works*, their artists and their vectors in one transaction; what is there stays as it is.

    Safe to repeat and to race: a file (by SHA-256) is one reference, with one vector per encoder.
    A work that is already somebody's stays theirs, and what its artist withdrew stays away, unless it
    comes from the artist (*by_artist*). Batches of a few hundred suit every database.
    """
    unique = {work.sha256: work for work in works}
    if not unique:
        return Enrolled(0, 0, len(works))
    with transaction.atomic():
        change = lock_watermark(encoder)
        kept_out = _come_back(unique) if by_artist else _kept_out(unique)
        unique = {sha256: work for sha256, work in unique.items() if sha256 not in kept_out}
        known = _references(unique)
        embedded = set(
            Embedding.objects.filter(encoder=encoder, reference__in=list(known.values())).values_list(
                "reference_id", flat=True
            )
        )
        # In one order everywhere: two encoders' enrolments of the same works must not wait for each other in a ring.
        missing = [unique[sha256] for sha256 in sorted(unique) if sha256 not in known]
        artists = _artists([work.artist for work in missing])
        Reference.objects.bulk_create(
            [_reference(work, artists[work.artist.slug]) for work in missing], ignore_conflicts=True
        )
        known = _references(unique)
        _keep_pictures(unique)
        vectors = [
            Embedding(reference_id=known[sha256], encoder=encoder, vector=to_bytes(work.vector))
            for sha256, work in unique.items()
            if known[sha256] not in embedded
        ]
        if vectors:
            Embedding.objects.bulk_create(vectors, ignore_conflicts=True)
            raise_watermark(change, added=[vector.reference_id for vector in vectors])
    return Enrolled(
        references=len(missing),
        vectors=len(vectors),
        present=len(works) - len(vectors) - len(kept_out),
        withdrawn=len(kept_out),
    )


def withdraw(references: QuerySet[Reference]) -> int:
    """Delete references and their vectors, telling every index; how many references went.

    The one way to delete: a plain ``delete()`` would leave indexes that still find the work.
    """
    with transaction.atomic():
        ids = list(references.values_list("pk", flat=True))
        # Every encoder, for one may be adding its vectors of these works just now; and in one order
        # everywhere, so that two withdrawals cannot wait for each other.
        encoders = IndexChange.objects.order_by("encoder").values_list("encoder", flat=True)
        changes = [lock_watermark(encoder) for encoder in list(encoders)]
        seen = {
            change.encoder: list(
                Embedding.objects.filter(reference__in=ids, encoder=change.encoder).values_list(
                    "reference_id", flat=True
                )
            )
            for change in changes
        }
        # Before the rows: a picture must never outlive them (kept_pictures). And after, for one that is being written.
        kept = list(Reference.objects.filter(pk__in=ids, picture_kept=True).values_list("sha256", flat=True))
        forget(kept)
        transaction.on_commit(lambda: forget(kept))
        _total, deleted = Reference.objects.filter(pk__in=ids).delete()
        for change in changes:
            if gone := seen[change.encoder]:
                raise_watermark(change, withdrawn=gone)
    return deleted.get(Reference._meta.label, 0)


def to_bytes(vector: "NDArray[np.floating]") -> bytes:
    """Little-endian float16, as rows keep vectors."""
    # Here: the admin imports this file, and numpy would cost every start a tenth of a second.
    import numpy as np

    return np.asarray(vector).astype("<f2").tobytes()


def embedded_sha256s(encoder: str) -> set[str]:
    """SHA-256 of every file that has a vector of this encoder."""
    return set(Embedding.objects.filter(encoder=encoder).values_list("reference__sha256", flat=True))


def _kept_out(works: dict[str, NewWork]) -> set[str]:
    """Those that their artists withdrew: this very file, or all they ever made."""
    files = set(WithdrawnWork.objects.filter(sha256__in=list(works)).values_list("sha256", flat=True))
    slugs = {work.artist.slug for work in works.values()}
    closed = set(Artist.objects.filter(slug__in=slugs, withdrawn_at__isnull=False).values_list("slug", flat=True))
    return files | {sha256 for sha256, work in works.items() if work.artist.slug in closed}


def _come_back(works: dict[str, NewWork]) -> set[str]:
    """The artist changed their mind; nothing is kept out."""
    WithdrawnWork.objects.filter(sha256__in=list(works)).delete()
    slugs = {work.artist.slug for work in works.values()}
    Artist.objects.filter(slug__in=slugs, withdrawn_at__isnull=False).update(withdrawn_at=None)
    return set()


def _keep_pictures(works: dict[str, NewWork]) -> None:
    wanted = {(sha256, work.artist.slug) for sha256, work in works.items() if work.picture}
    if not wanted:
        return
    # Not of a work that is somebody else's here.
    owned = Reference.objects.filter(sha256__in=[sha256 for sha256, _slug in wanted])
    owners = set(owned.values_list("sha256", "artist__slug"))
    pictures = {sha256: works[sha256].picture for sha256, _slug in wanted & owners}
    Reference.objects.filter(sha256__in=list(pictures)).update(picture_kept=True)

    def write() -> None:
        for sha256, picture in pictures.items():
            keep(sha256, picture)
        # Withdrawn between the rows and the files?
        here = Reference.objects.filter(sha256__in=list(pictures)).values_list("sha256", flat=True)
        forget(pictures.keys() - set(here))

    transaction.on_commit(write)


def _references(works: dict[str, NewWork]) -> dict[str, UUID]:
    return dict(Reference.objects.filter(sha256__in=list(works)).values_list("sha256", "pk"))


def _artists(facts: list[ArtistFacts]) -> dict[str, UUID]:
    wanted = {fact.slug: fact for fact in facts}
    found = dict(Artist.objects.filter(slug__in=list(wanted)).values_list("slug", "pk"))
    new = [
        Artist(slug=slug, name=fact.name[:200], born=fact.born, died=fact.died, aliases=list(fact.aliases))
        for slug, fact in sorted(wanted.items())
        if slug not in found
    ]
    if new:
        Artist.objects.bulk_create(new, ignore_conflicts=True)
        found = dict(Artist.objects.filter(slug__in=list(wanted)).values_list("slug", "pk"))
    return found


def _reference(work: NewWork, artist_id: UUID) -> Reference:
    return Reference(
        artist_id=artist_id,
        title=work.title[:500],
        year=work.year[:40],
        style=work.style[:120],
        licence=work.licence[:200],
        source=work.source[:1000],
        sha256=work.sha256,
        fingerprint=work.code,
    )
