"""``manage.py load_catalogue [FILE]``: put the catalogue's works among the references."""

import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from similarity.build_index import build_index
from similarity.bundled_calibrations import load_bundle
from similarity.catalogue import load_catalogue, read_catalogue
from similarity.encoder import encoder_fingerprint
from similarity.report_lines import CodedCommand, json_line


class Command(CodedCommand):
    help = "Load a reference catalogue; does nothing the second time, and goes on where it was interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=settings.CATALOGUE)
        parser.add_argument(
            "--calibrations", type=Path, default=settings.CALIBRATION, metavar="FILE", help="put into force with it"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.perf_counter()
        catalogue = read_catalogue(options["file"])
        encoder = encoder_fingerprint()
        with tqdm(total=len(catalogue), unit="work", disable=options["json"] or not sys.stderr.isatty()) as bar:
            added = load_catalogue(catalogue, encoder=encoder, on_batch=lambda count: _advance(bar, count))
        build_index(encoder=encoder, dimension=catalogue.dimension)
        calibrations = load_bundle(options["calibrations"], encoder=encoder)
        facts = {
            "works": len(catalogue),
            "references": added.references,
            "vectors": added.vectors,
            "present": added.present,
            "calibrations": len(calibrations),
            "withdrawn": added.withdrawn,
            "encoder": encoder,
            "seconds": round(time.perf_counter() - began, 2),
        }
        sentence = f"{added.vectors} of {len(catalogue)} works loaded, {added.present} were there."
        if calibrations:
            sentence += f" {len(calibrations)} calibrations put into force."
        if added.withdrawn:
            sentence += f" {added.withdrawn} were withdrawn by their artists and left out."
        self.stdout.write(json_line(facts) if options["json"] else sentence)


def _advance(bar: Any, count: int) -> None:
    bar.update(count)
