"""What an import would bring in: a folder for each artist, our CSV, a museum's export, or any table by a mapping."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from similarity.artworks import list_csv, list_folder
from similarity.errors import SimilarityError
from similarity.museums.attribution import PassedOver
from similarity.museums.licences import check_licence
from similarity.museums.mapped import BadMapping, read_mapping
from similarity.museums.record import Record
from similarity.museums.rows import SUFFIXES, Export
from similarity.museums.select import MUSEUMS, Selection, reader_of, recognise, select

FORMATS = (*MUSEUMS, "csv", "folder")


@dataclass(frozen=True)
class Wanted:
    """What was asked for: ``path`` is a folder of pictures or an export, ``table`` an export beside a folder."""

    path: Path
    table: Path | None = None
    format: str = ""
    columns: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    images: Path | None = None
    fetch: bool = False
    most: int | None = None


def list_works(wanted: Wanted) -> tuple[Path, Selection]:
    """The folder the files lie in, and the works. Raises ``SimilarityError``."""
    if not (wanted.path.is_dir() or (wanted.path.is_file() and wanted.path.suffix.lower() in SUFFIXES)):
        raise SimilarityError("not_a_folder", _("There is no such folder, CSV or JSON file."), note=f"{wanted.path}.")
    export = Export(wanted.table or wanted.path)
    kind = _kind_of(wanted, export)
    if kind in ("csv", "folder") and not wanted.columns:
        if wanted.fetch:
            raise SimilarityError(
                "options_clash", _("Only a museum's export, or a table with --columns, can be fetched.")
            )
        return _own(wanted, kind)
    try:
        mapping = read_mapping(wanted.columns) if wanted.columns else {}
    except BadMapping as error:
        raise SimilarityError(
            "columns_unreadable", _("The mapping of columns cannot be used."), note=str(error)
        ) from error
    images = wanted.images or (wanted.path if wanted.path.is_dir() and wanted.table else None)
    if images is None and not wanted.fetch:
        raise SimilarityError("no_pictures", _("Say where the pictures are: --images FOLDER, or --fetch."))
    if images is not None and not images.is_dir():
        raise SimilarityError("not_a_folder", _("The folder of the pictures does not exist."), note=f"{images}.")
    read = reader_of(export, kind, mapping)
    chosen = select(export, read, wider=wanted.licences, images=images, fetch=wanted.fetch, most=wanted.most)
    return images or wanted.path.parent, chosen


def _kind_of(wanted: Wanted, export: Export) -> str:
    if wanted.columns:
        if wanted.format and wanted.format != "csv":
            raise SimilarityError("options_clash", _("--columns and --format exclude each other."))
        return "csv"
    if wanted.format:
        return wanted.format
    museum = recognise(export) if export.path.is_dir() or export.path.suffix.lower() in SUFFIXES else ""
    if museum:
        return museum
    if export.path.is_dir() and wanted.table is None:
        return "folder"
    if export.path.suffix.lower() in SUFFIXES and not export.is_table:
        sentence = _("The export is of no form that is known here. Say which of its names is what with --columns.")
        raise SimilarityError("export_unknown", sentence)
    return "csv"


def _own(wanted: Wanted, kind: str) -> tuple[Path, Selection]:
    """Works of the operator's own: whatever their licence, unless one is asked for."""
    root = wanted.path if wanted.path.is_dir() else wanted.path.parent
    works, refused = list_folder(root) if kind == "folder" else list_csv(wanted.table or wanted.path)
    chosen = Selection(refused=refused)
    for work in works:
        if wanted.most is not None and len(chosen.works) >= wanted.most:
            break
        try:
            if wanted.licences:
                check_licence(Record(id=work.file, licence=work.licence), wider=wanted.licences)
            chosen.works.append(work)
        except PassedOver as passed:
            chosen.passed[passed.reason] += 1
    return root, chosen
