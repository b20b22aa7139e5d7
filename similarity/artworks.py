"""Where works come from: a folder per artist, a CSV, or an archive with a ``works.csv``. Facts only."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.text import slugify
from django.utils.translation import gettext as _

from similarity.artist_names import name_from_slug
from similarity.enrol import ArtistFacts
from similarity.errors import SimilarityError
from similarity.pictures import read_file

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp"})
WORKS_CSV = "works.csv"


@dataclass(frozen=True, slots=True)
class Artwork:
    """One work to be read: where its file is, and what is said of it.

    Of a work that must be fetched first, ``file`` is only what it is called; ``picture`` is the address of the
    picture, ``lookup`` that of an object which names it.
    """

    file: str
    artist: ArtistFacts
    title: str = ""
    year: str = ""
    style: str = ""
    licence: str = ""
    source: str = ""
    picture: str = ""
    lookup: str = ""

    @property
    def is_elsewhere(self) -> bool:
        return bool(self.picture or self.lookup)


class Folder:
    """Files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, file: str) -> bytes:
        """Raises ``SimilarityError``."""
        return read_file(self.root / file)


class Archive:
    """Files of a ZIP archive."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)

    def read(self, file: str) -> bytes:
        """Raises ``SimilarityError``."""
        try:
            return self._archive.read(file)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            message = _("“%(file)s” cannot be read from the archive: %(why)s.") % {"file": file, "why": error}
            raise SimilarityError("file_unreadable", message) from error


def list_pictures(root: Path) -> list[str]:
    """Names, relative to *root* and sorted, of the files that look like pictures; hidden ones are left out."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(name.as_posix() for name in found if not any(part.startswith(".") for part in name.parts))


def artist_of(said: str) -> ArtistFacts:
    """An artist by what a folder or a column says: a slug (``claude-monet``) or a name."""
    said = " ".join(said.split())
    try:
        said.encode()
    except UnicodeEncodeError as error:
        message = _("The artist's name is not valid UTF-8. Rename the folder.")
        raise SimilarityError("artist_unreadable", message) from error
    is_slug = said and said == said.lower() and " " not in said
    name = name_from_slug(said) if is_slug else said
    slug = slugify(said.replace(".", ""), allow_unicode=True)
    if not slug:
        raise SimilarityError("artist_missing", _("A work has no artist."))
    return ArtistFacts(slug=slug[:200], name=name[:200])


def list_folder(root: Path) -> tuple[list[Artwork], list[tuple[str, SimilarityError]]]:
    """Works of a folder-per-artist tree; titles are unknown. Files that lie in no artist's folder are refused."""
    works, refused = [], []
    for file in list_pictures(root):
        try:
            folder, slash, _rest = file.partition("/")
            works.append(Artwork(file=file, artist=artist_of(folder if slash else "")))
        except SimilarityError as error:
            refused.append((file, error))
    return works, refused


def read_csv(text: Iterable[str]) -> tuple[list[Artwork], list[tuple[str, SimilarityError]]]:
    """Works of a CSV with the columns ``file`` and ``artist`` and, where known, ``title``, ``year``, ``style``,
    ``licence``, ``source``, ``born`` and ``died`` (or ``artist_died``).

    Raises ``SimilarityError`` ``csv_unreadable`` when the two columns are missing.
    """
    try:
        table = csv.DictReader(text, strict=True)
        missing = {"file", "artist"} - {(name or "").strip().lower() for name in table.fieldnames or ()}
        if missing:
            message = _("The CSV has no column %(names)s.") % {"names": ", ".join(sorted(missing))}
            raise SimilarityError("csv_unreadable", message)
        return _works_of(table)
    except (csv.Error, UnicodeDecodeError) as error:
        raise SimilarityError("csv_unreadable", _("The CSV cannot be read: %(why)s.") % {"why": error}) from error


def _works_of(table: "csv.DictReader[str]") -> tuple[list[Artwork], list[tuple[str, SimilarityError]]]:
    works, refused = [], []
    for line in table:
        row = {(name or "").strip().lower(): (value or "").strip() for name, value in line.items() if name is not None}
        try:
            artist = artist_of(row["artist"])
            file = _inside(row["file"])
        except SimilarityError as error:
            refused.append((row["file"] or f"line {table.line_num}", error))
            continue
        artist = ArtistFacts(
            artist.slug, artist.name, _year(row.get("born")), _year(row.get("died") or row.get("artist_died"))
        )
        facts = {name: row.get(name, "") for name in ("title", "year", "style", "licence", "source")}
        works.append(Artwork(file=file, artist=artist, **facts))
    return works, refused


def list_csv(path: Path) -> tuple[list[Artwork], list[tuple[str, SimilarityError]]]:
    """As ``read_csv``, of a UTF-8 file (a byte order mark is fine)."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            return read_csv(f)
    except OSError as error:
        raise SimilarityError("csv_unreadable", _("The CSV cannot be read: %(why)s.") % {"why": error}) from error


def open_collection(path: Path) -> tuple[Folder | Archive, list[Artwork], list[tuple[str, SimilarityError]]]:
    """A ZIP archive with a ``works.csv``, or a folder with or without one."""
    if path.is_dir():
        listed = list_csv(path / WORKS_CSV) if (path / WORKS_CSV).is_file() else list_folder(path)
        return Folder(path), *listed
    try:
        archive = Archive(path)
        text = io.StringIO(archive.read(WORKS_CSV).decode("utf-8-sig"), newline="")
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        message = _("“%(path)s” is neither a folder nor a ZIP archive with a works.csv.") % {"path": path}
        raise SimilarityError("collection_unreadable", message) from error
    return archive, *read_csv(text)


def _inside(file: str) -> str:
    """A CSV must not reach for files outside of its folder."""
    path = PurePosixPath(file.replace("\\", "/"))
    if not file or path.is_absolute() or ".." in path.parts:
        raise SimilarityError("file_unreadable", _("A CSV names files inside of its own folder only."))
    return path.as_posix()


def _year(text: str | None) -> int | None:
    said = (text or "").strip()
    return int(said) if re.fullmatch(r"-?[0-9]{1,4}", said) else None
