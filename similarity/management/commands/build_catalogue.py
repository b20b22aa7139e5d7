"""``manage.py build_catalogue PATH --out FILE``: facts and vectors of a collection, without its pictures."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from similarity.artworks import open_collection
from similarity.catalogue import write_catalogue
from similarity.encoder import load_encoder
from similarity.errors import SimilarityError
from similarity.import_works import new_work
from similarity.read_ahead import embed_ahead
from similarity.report_lines import command_error, json_line, report_refused


class Command(BaseCommand):
    help = "Make a reference catalogue from a folder (with a works.csv or a folder per artist) or a ZIP archive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--out", type=Path, default=settings.CATALOGUE, metavar="FILE.npz")
        parser.add_argument("--batch", type=int, default=64)
        parser.add_argument("--json", action="store_true", help="one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            files, listed, refused = open_collection(options["path"])
            encoder = load_encoder()
        except SimilarityError as error:
            raise command_error(error) from error
        works = []
        with tqdm(total=len(listed), unit="work", disable=options["json"] or not sys.stderr.isatty()) as bar:
            for seen in embed_ahead(
                listed, read=lambda work: files.read(work.file), encoder=encoder, batch=options["batch"], known=()
            ):
                works += [new_work(one) for one in seen if one.vector is not None]
                refused += [(one.item.file, one.error) for one in seen if one.error is not None]
                bar.update(len(seen))
        report_refused(self.stderr, refused)
        if not works:
            raise CommandError(f"{options['path']} holds no work that could be read.")
        write_catalogue(options["out"], works, encoder=encoder.fingerprint)
        size = options["out"].stat().st_size
        facts = {
            "out": str(options["out"]),
            "works": len(works),
            "artists": len({work.artist.slug for work in works}),
            "refused": len(refused),
            "bytes": size,
            "encoder": encoder.fingerprint,
        }
        sentence = f"{facts['works']} works by {facts['artists']} artists in {size / 1e6:.1f} MB: {options['out']}"
        self.stdout.write(json_line(facts) if options["json"] else sentence)
