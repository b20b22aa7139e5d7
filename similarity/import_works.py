"""Import a collection: read, embed and enrol its works, whatever happened to an earlier attempt."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from similarity.artworks import Archive, Artwork, Folder
from similarity.encoder import Encoder
from similarity.enrol import NewWork, embedded_sha256s, enrol
from similarity.errors import SimilarityError
from similarity.read_ahead import Seen, embed_ahead


@dataclass
class Imported:
    """Counts of an import: new references and vectors, files that were there, and refused files."""

    references: int = 0
    vectors: int = 0
    present: int = 0
    refused: list[tuple[str, SimilarityError]] = field(default_factory=list)


def import_works(
    works: Iterable[Artwork],
    *,
    files: Folder | Archive,
    encoder: Encoder,
    batch: int,
    on_batch: Callable[[Imported, int], None],
) -> Imported:
    """Enrol *works* batch by batch, each batch in one transaction; stopping anywhere loses at most one.

    *on_batch* gets the counts so far and the number of works just dealt with. A bad file is
    counted with its reason and passed over.
    """
    done = Imported()
    known = embedded_sha256s(encoder.fingerprint)
    for seen in embed_ahead(works, read=lambda work: files.read(work.file), encoder=encoder, batch=batch, known=known):
        added = enrol([new_work(one) for one in seen if one.vector is not None], encoder=encoder.fingerprint)
        done.references += added.references
        done.vectors += added.vectors
        done.present += added.present + sum(one.skipped for one in seen)
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
    )
