"""Which works of an export are imported, and what becomes of the others."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from similarity.artworks import Artwork, artist_of, list_pictures
from similarity.errors import SimilarityError
from similarity.letters import fold
from similarity.models import Artist
from similarity.museums import artic, linked_art, mapped, met, rijksmuseum
from similarity.museums.attribution import PassedOver, names_of, sole_maker
from similarity.museums.licences import check_licence
from similarity.museums.record import Record, Row, file_key
from similarity.museums.rows import Export

MUSEUMS = ("met", "artic", "rijksmuseum")
# None for a row that is no work, but something that works refer to.
Read = Callable[[Row, Any], Record | None]


@dataclass
class Selection:
    """Works to import, how many were passed over by reason, and what could not be read."""

    works: list[Artwork] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, SimilarityError]] = field(default_factory=list)


def recognise(export: Export) -> str:
    """The museum an export is of, by its columns or keys; or empty.

    Raises ``SimilarityError`` ``export_unreadable``.
    """
    row = export.first_row()
    if export.is_table:
        tables = {"met": met.is_table, "rijksmuseum": rijksmuseum.is_table}
        return next((name for name, is_table in tables.items() if is_table(row.keys())), "")
    if linked_art.is_object(row):
        return "rijksmuseum"
    objects = {"met": met.is_object, "rijksmuseum": rijksmuseum.is_object, "artic": artic.is_object}
    return next((name for name, is_object in objects.items() if is_object(row)), "")


def reader_of(export: Export, museum: str, mapping: Mapping[str, str]) -> Read:
    """How a row of *export* is read: by *mapping* when there is one, else as *museum* has it.

    Raises ``SimilarityError`` ``columns_missing`` when the first row lacks a column of the mapping.
    """
    if mapping:
        row = export.first_row()
        if missing := mapped.missing_columns(mapping, row) if row else []:
            names = ", ".join(sorted(missing))
            raise SimilarityError("columns_missing", _("The export has no column %(names)s.") % {"names": names})
        return lambda row, _document: mapped.from_row(row, mapping)
    if museum == "artic":
        return lambda row, document: artic.from_object(row, iiif=artic.iiif_of(document))
    if museum == "rijksmuseum" and linked_art.is_object(export.first_row()):
        others = linked_art.rights_and_pictures(row for _label, row, _document in export.rows())
        return lambda row, _document: linked_art.from_object(row, others)
    from_table, from_object = {
        "met": (met.from_table, met.from_object),
        "rijksmuseum": (rijksmuseum.from_table, rijksmuseum.from_object),
    }[museum]
    read = from_table if export.is_table else from_object
    return lambda row, _document: read(row)


def select(
    export: Export, read: Read, *, wider: Collection[str], images: Path | None, fetch: bool, most: int | None
) -> Selection:
    """The first *most* works that are free, by one named person, and whose picture is in *images* or can be fetched."""
    chosen = Selection()
    files = _by_name(images) if images is not None else {}
    known = known_artists()
    for label, row, document in export.rows():
        if most is not None and len(chosen.works) >= most:
            break
        record = read(row, document)
        if record is None:
            continue
        try:
            check_licence(record, wider=wider)
            work = _work(record, label, known)
            chosen.works.append(_with_picture(work, record, files, fetch=fetch))
        except PassedOver as passed:
            chosen.passed[passed.reason] += 1
        except SimilarityError as error:
            chosen.refused.append((record.id or label, error))
    chosen.refused += export.refused
    return chosen


def known_artists() -> dict[str, str]:
    """Slugs of artists by folded name and alias; names that two of them have are left out."""
    slugs: dict[str, set[str]] = {}
    for slug, name, aliases in Artist.objects.values_list("slug", "name", "aliases"):
        for called in (name, *(alias for alias in aliases or () if isinstance(alias, str))):
            slugs.setdefault(fold(called), set()).add(slug)
    return {name: next(iter(found)) for name, found in slugs.items() if name and len(found) == 1}


def _work(record: Record, label: str, known: Mapping[str, str]) -> Artwork:
    maker = sole_maker(record.makers)
    names = names_of(maker)
    artist = artist_of(names[0])
    slug = next((known[fold(name)] for name in names if fold(name) in known), artist.slug)
    return Artwork(
        file=record.id or label,
        artist=replace(artist, slug=slug, born=maker.born, died=maker.died, aliases=names[1:]),
        title=record.title,
        year=record.year,
        style=record.style,
        licence=record.licence,
        source=record.source,
    )


def _with_picture(work: Artwork, record: Record, files: Mapping[str, str], *, fetch: bool) -> Artwork:
    in_address = PurePosixPath(_path_of(record.picture)).stem
    for name in (*record.names, in_address):
        if name and (file := files.get(file_key(name))):
            return replace(work, file=file)
    if fetch and (record.picture or record.lookup):
        return replace(work, picture=record.picture, lookup=record.lookup)
    raise PassedOver("no_picture")


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _by_name(images: Path) -> dict[str, str]:
    """Files by their path and by what they are called alone, without the ending; of two, the first in order."""
    files = [PurePosixPath(file) for file in list_pictures(images)]
    found = {file_key(str(file.with_suffix(""))): str(file) for file in reversed(files)}
    for file in files:
        found.setdefault(file_key(file.stem), str(file))
    return found
