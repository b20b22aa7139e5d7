"""Import a collection: read, embed and enrol its works, whatever happened to an earlier attempt."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from similarity.artworks import Artwork
from similarity.encoder import Encoder
from similarity.enrol import NewWork, embedded_sha256s, enrol
from similarity.errors import SimilarityError
from similarity.models import Reference
from similarity.read_ahead import Seen, embed_ahead


@dataclass
class Imported:
    """Counts of an import: new references and vectors, files that were there, works their artists withdrew,
    and refused files."""

    references: int = 0
    vectors: int = 0
    present: int = 0
    withdrawn: int = 0
    refused: list[tuple[str, SimilarityError]] = field(default_factory=list)


def import_works(
    works: Iterable[Artwork],
    *,
    read: Callable[[Artwork], bytes],
    encoder: Encoder,
    batch: int,
    on_batch: Callable[[Imported, int], None],
    keep_pictures: bool = False,
) -> Imported:
    """Enrol *works* batch by batch, each batch in one transaction; stopping anywhere loses at most one.

    *read* gives a work's picture and may raise ``SimilarityError``. *on_batch* gets the counts so far and the
    number of works just dealt with. A bad file is counted with its reason and passed over.
    """
    done = Imported()
    known = embedded_sha256s(encoder.fingerprint)
    if keep_pictures:  # those without one are read again
        known &= set(Reference.objects.filter(picture_kept=True).values_list("sha256", flat=True))
    for seen in embed_ahead(works, read=read, encoder=encoder, batch=batch, known=known, keep_pictures=keep_pictures):
        added = enrol([new_work(one) for one in seen if one.vector is not None], encoder=encoder.fingerprint)
        done.references += added.references
        done.vectors += added.vectors
        done.present += added.present + sum(one.skipped for one in seen)
        done.withdrawn += added.withdrawn
        done.refused += [(one.item.file, one.error) for one in seen if one.error is not None]
        on_batch(done, len(seen))
    return done


def new_work(seen: Seen) -> NewWork:
    """An embedded artwork, ready to enrol."""
    assert seen.vector is not None
    work: Artwork = seen.item
    return NewWork(
        artist=work.artist,
        sha256=seen.sha256,
        code=seen.code,
        vector=seen.vector,
        title=work.title,
        year=work.year,
        style=work.style,
        licence=work.licence,
        source=work.source,
        picture=seen.picture,
    )
