"""``manage.py import_artworks PATH``: put a collection of works among the references."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from similarity.artworks import Artwork, Folder
from similarity.build_index import build_index
from similarity.encoder import load_encoder
from similarity.import_works import Imported, import_works
from similarity.list_works import FORMATS, Wanted, list_works
from similarity.museums.ask import Manners
from similarity.museums.fetch import Fetcher
from similarity.museums.mapped import FIELDS
from similarity.museums.select import Selection
from similarity.report_lines import CodedCommand, Stopped, file_facts, json_line, report_refused

BATCH, BATCH_WHEN_FETCHING = 64, 16


class Command(CodedCommand):
    help = (
        "Import artists' works: a folder for each artist; a CSV with the columns file and artist (and title, year, "
        "style, licence, source, born, died); or an export of the Metropolitan Museum, the Art Institute of Chicago "
        "or the Rijksmuseum. Run it again to go on after an interruption."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="folder of the pictures, or a CSV, JSON or JSON-lines file")
        parser.add_argument("--csv", type=Path, help="which files to import, and what is known of them; or an export")
        parser.add_argument(
            "--artist-from-folder", action="store_true", help="each folder's name is its artist (as without --csv)"
        )
        parser.add_argument("--format", choices=FORMATS, default="", help="what PATH is, where it is not recognised")
        parser.add_argument(
            "--columns",
            nargs="+",
            default=[],
            metavar="NAME=COLUMN",
            help=f"of any other table: pairs, or a JSON file of them; the names are {', '.join(FIELDS)}",
        )
        parser.add_argument(
            "--licence",
            action="append",
            default=[],
            help="take works of this licence too, not only CC0 and the public domain; “unstated”, “any”; repeatable",
        )
        parser.add_argument(
            "--images", type=Path, metavar="FOLDER", help="pictures of an export, by number or file name"
        )
        parser.add_argument("--fetch", action="store_true", help="fetch pictures from the addresses of the export")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between two questions to one server")
        parser.add_argument("--contact", default="", help="an address the museum can write to, told with each question")
        parser.add_argument("--allow-private", action="store_true", help="fetch from private networks as well")
        parser.add_argument("--most", type=int, help="import at most so many works, the first ones")
        parser.add_argument(
            "--keep-pictures",
            action="store_true",
            help="keep a copy of each at most 512 pixels long, so that copies are confirmed by their pixels",
        )
        parser.add_argument("--batch", type=int, help="works per transaction and pass of the encoder")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        root, chosen = list_works(_wanted(options))
        encoder = load_encoder()
        fetcher = _fetcher(options)
        folder = Folder(root)

        def read(work: Artwork) -> bytes:
            return fetcher.read(work) if work.is_elsewhere else folder.read(work.file)

        quiet = options["json"] or not sys.stderr.isatty()
        with tqdm(total=len(chosen.works), unit="work", disable=quiet) as bar:
            done = import_works(
                fetcher.ahead(chosen.works, on_fetch=lambda count: bar.set_postfix(fetched=count)),
                read=read,
                encoder=encoder,
                batch=_batch(options),
                keep_pictures=options["keep_pictures"],
                on_batch=lambda _done, count: _advance(bar, count),
            )
        done.refused[:0] = chosen.refused
        build_index(encoder=encoder.fingerprint, dimension=encoder.dimension)
        report_refused(self.stderr, done.refused)
        self.stdout.write(_summary(done, chosen, fetcher.fetched, encoder.fingerprint, as_json=options["json"]))
        if done.vectors == 0 and done.present == 0 and done.withdrawn == 0:
            raise Stopped("nothing_imported", "Nothing could be imported.")


def _advance(bar: Any, count: int) -> None:
    bar.update(count)


def _wanted(options: dict[str, Any]) -> Wanted:
    return Wanted(
        path=options["path"],
        table=options["csv"],
        format="folder" if options["artist_from_folder"] else options["format"],
        columns=tuple(options["columns"]),
        licences=tuple(options["licence"]),
        images=options["images"],
        fetch=options["fetch"],
        most=options["most"],
    )


def _fetcher(options: dict[str, Any]) -> Fetcher:
    contact = "".join(sign for sign in options["contact"] if " " <= sign <= "~")
    agent = f"Colophon/{settings.SERVICE_VERSION} (import_artworks; {contact or 'no contact given'})"
    manners = Manners(agent=agent, limit=settings.MAX_UPLOAD_BYTES, allow_private=options["allow_private"])
    return Fetcher(settings.DATA_DIR / "fetched", manners, pause=max(0.0, options["pause"]))


def _batch(options: dict[str, Any]) -> int:
    return max(1, min(options["batch"] or (BATCH_WHEN_FETCHING if options["fetch"] else BATCH), 500))


def _summary(done: Imported, chosen: Selection, fetched: int, encoder: str, *, as_json: bool) -> str:
    passed = dict(sorted(chosen.passed.items()))
    if as_json:
        return json_line(
            {
                "imported": done.vectors,
                "references": done.references,
                "present": done.present,
                "withdrawn": done.withdrawn,
                "refused": [
                    {**file_facts(file), "error_code": e.code, "error": e.for_operator} for file, e in done.refused
                ],
                "passed_over": passed,
                "fetched": fetched,
                "encoder": encoder,
            }
        )
    sentence = (
        f"{done.vectors} works imported ({done.references} new), "
        f"{done.present} already there, {len(done.refused)} refused."
    )
    if passed:
        sentence += f" Passed over: {', '.join(f'{reason} {count}' for reason, count in passed.items())}."
    return sentence
