"""``manage.py import_artworks PATH``: put a collection of works among the references."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from similarity.artworks import Artwork, Folder, list_csv, list_folder
from similarity.build_index import build_index
from similarity.encoder import load_encoder
from similarity.errors import SimilarityError
from similarity.import_works import Imported, import_works
from similarity.report_lines import command_error, file_facts, json_line, report_refused, stopped


class Command(BaseCommand):
    help = (
        "Import artists' works: a folder for each artist, or a CSV with the columns file and artist "
        "(and title, year, style, licence, source, born, died). Run it again to go on after an interruption."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="folder of the pictures, or a CSV beside them")
        parser.add_argument("--csv", type=Path, help="which files to import, and what is known of them")
        parser.add_argument(
            "--artist-from-folder", action="store_true", help="each folder's name is its artist (as without --csv)"
        )
        parser.add_argument("--batch", type=int, default=64, help="works per transaction and pass of the encoder")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        json_to = self.stdout if options["json"] else None
        if why := _no_collection(options["path"]):
            raise stopped("not_a_folder", why, json_to=json_to)
        try:
            root, works, refused = _listed(options["path"], options["csv"], options["artist_from_folder"])
            encoder = load_encoder()
            quiet = options["json"] or not sys.stderr.isatty()
            with tqdm(total=len(works), unit="work", disable=quiet) as bar:
                done = import_works(
                    works,
                    files=Folder(root),
                    encoder=encoder,
                    batch=max(1, min(options["batch"], 500)),
                    on_batch=lambda _done, count: _advance(bar, count),
                )
            done.refused[:0] = refused
            build_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
        except SimilarityError as error:
            raise command_error(error, json_to=json_to) from error
        report_refused(self.stderr, done.refused)
        self.stdout.write(_summary(done, encoder.fingerprint, as_json=options["json"]))
        if done.vectors == 0 and done.present == 0:
            raise CommandError("Nothing could be imported.")


def _advance(bar: Any, count: int) -> None:
    bar.update(count)


def _no_collection(path: Path) -> str:
    """Why nothing can be imported from *path*, or empty."""
    return "" if path.is_dir() or _is_csv(path) else f"{path} is neither a folder nor a CSV."


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and path.is_file()


def _listed(path: Path, table: Path | None, by_folder: bool) -> tuple[Path, list[Artwork], list[Any]]:
    if table is None and _is_csv(path):
        path, table = path.parent, path
    if table is None or by_folder:
        works, refused = list_folder(path)
    else:
        works, refused = list_csv(table)
    return path, works, refused


def _summary(done: Imported, encoder: str, *, as_json: bool) -> str:
    if as_json:
        return json_line(
            {
                "imported": done.vectors,
                "references": done.references,
                "present": done.present,
                "refused": [{**file_facts(file), "code": e.code, "error": e.message} for file, e in done.refused],
                "encoder": encoder,
            }
        )
    return (
        f"{done.vectors} works imported ({done.references} new), "
        f"{done.present} already there, {len(done.refused)} refused."
    )
