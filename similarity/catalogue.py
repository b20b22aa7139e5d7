"""The reference catalogue: facts and vectors of known works in one file, without a single picture.

One ``.npz`` of plain arrays (nothing in it is unpickled): per work the artist's slug, name and
year of death, title, style, SHA-256 of the file, image-code and float16 vector; and once the
fingerprint of the encoder that made the vectors. n works, d dimensions.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from similarity.enrol import ArtistFacts, Enrolled, NewWork, enrol
from similarity.errors import SimilarityError

FORMAT = 1
SOURCE = "reference catalogue"
LICENCE = "public domain"
BATCH = 500
UNKNOWN_YEAR = -9999


@dataclass(frozen=True)
class Catalogue:
    """What the file holds; the arrays have one row per work."""

    encoder: str
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["sha256"])

    @property
    def dimension(self) -> int:
        return int(self.columns["vector"].shape[1])

    def work(self, i: int) -> NewWork:
        c = self.columns
        died = int(c["died"][i])
        return NewWork(
            artist=ArtistFacts(str(c["slug"][i]), str(c["artist"][i]), died=None if died == UNKNOWN_YEAR else died),
            sha256=c["sha256"][i].tobytes().hex(),
            code=c["code"][i].tobytes(),
            vector=c["vector"][i],
            title=str(c["title"][i]),
            style=str(c["style"][i]),
            licence=LICENCE,
            source=SOURCE,
        )


def write_catalogue(path: Path, works: list[NewWork], *, encoder: str) -> None:
    """Write *works* (at least one) to *path*, complete or not at all; the same works give the same bytes."""
    works = sorted(works, key=lambda work: (work.artist.slug, work.sha256))
    columns = {
        "format": np.array(FORMAT, np.int16),
        "encoder": np.array(encoder),
        "slug": np.array([work.artist.slug for work in works]),
        "artist": np.array([work.artist.name for work in works]),
        "died": np.array([UNKNOWN_YEAR if w.artist.died is None else w.artist.died for w in works], np.int16),
        "title": np.array([work.title for work in works]),
        "style": np.array([work.style for work in works]),
        "sha256": _bytes_rows([bytes.fromhex(work.sha256) for work in works]),
        "code": _bytes_rows([work.code for work in works]),
        "vector": np.stack([np.asarray(work.vector) for work in works]).astype("<f2"),
    }
    save_arrays(path, columns)


def save_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write a compressed ``.npz`` under its name only when all of it is on disk. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as out:
            np.savez_compressed(out, allow_pickle=False, **arrays)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """What ``save_arrays`` wrote. Raises ``OSError``, ``ValueError`` for a file that is damaged or another."""
    # Opened here, because NumPy leaves a file open that turns out not to be an archive.
    with path.open("rb") as f:
        try:
            with np.load(f, allow_pickle=False) as held:
                return {name: held[name] for name in held.files}
        except OSError:
            raise
        except Exception as error:
            # zipfile, zlib, tokenize and NumPy each raise kinds of their own for damaged bytes.
            raise ValueError(f"not an archive of arrays: {error}") from error


def read_catalogue(path: Path) -> Catalogue:
    """Raises ``SimilarityError``: ``catalogue_not_found`` or ``catalogue_unreadable``."""
    try:
        columns = load_arrays(path)
        form, encoder = int(columns.pop("format")), str(columns.pop("encoder"))
        catalogue = Catalogue(encoder, columns)
        sizes = {len(column) for column in columns.values()}
        is_whole = (
            form == FORMAT
            and sizes == {len(catalogue)}
            and columns["code"].shape[1] == columns["sha256"].shape[1] == 32
            and columns["vector"].dtype == np.dtype("<f2")
            and {"slug", "artist", "died", "title", "style"} <= set(columns)
        )
    except FileNotFoundError as error:
        message = _("There is no catalogue at “%(path)s”. `manage.py build_catalogue` makes one.") % {"path": path}
        raise SimilarityError("catalogue_not_found", message) from error
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise _unreadable(path) from error
    if not is_whole:
        raise _unreadable(path)
    return catalogue


def reusable(paths: list[Path], *, encoder: str) -> dict[str, tuple[bytes, NDArray[np.float16]]]:
    """Image-code and vector, by SHA-256, of the works that catalogues of this encoder already hold."""
    held = {}
    for path in paths:
        try:
            catalogue = read_catalogue(path)
        except SimilarityError:
            continue
        if catalogue.encoder == encoder:
            works = [catalogue.work(i) for i in range(len(catalogue))]
            held.update({work.sha256: (work.code, np.asarray(work.vector)) for work in works})
    return held


def load_catalogue(catalogue: Catalogue, *, encoder: str, on_batch: Callable[[int], None]) -> Enrolled:
    """Enrol what is not there yet, in batches of one transaction each; *on_batch* gets each one's size.

    Raises ``SimilarityError`` ``catalogue_encoder_mismatch`` when another encoder made it: its
    vectors could not be compared with this service's.
    """
    if catalogue.encoder != encoder:
        raise SimilarityError(
            "catalogue_encoder_mismatch",
            _(
                "The catalogue was made with encoder %(theirs)s, but this service uses %(ours)s. "
                "Build one with `manage.py build_catalogue`, or set COLOPHON_ENCODER to the one it was made with."
            )
            % {"theirs": catalogue.encoder[:16], "ours": encoder[:16]},
        )
    references = vectors = present = withdrawn = 0
    for start in range(0, len(catalogue), BATCH):
        works = [catalogue.work(i) for i in range(start, min(start + BATCH, len(catalogue)))]
        added = enrol(works, encoder=encoder)
        references += added.references
        vectors += added.vectors
        present += added.present
        withdrawn += added.withdrawn
        on_batch(len(works))
    return Enrolled(references, vectors, present, withdrawn)


def _unreadable(path: Path) -> SimilarityError:
    message = _("“%(path)s” is not a catalogue, or it is damaged. Build or copy it again.") % {"path": path}
    return SimilarityError("catalogue_unreadable", message)


def _bytes_rows(rows: list[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
