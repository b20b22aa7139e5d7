"""``manage.py fit_readout PATH --out FOLDER``: teach an encoder to look at style."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from similarity.artworks import open_collection
from similarity.crops import LOOKS
from similarity.encoder_files import resolve
from similarity.errors import SimilarityError
from similarity.fit_readout import copy_encoder, fit_readout
from similarity.read_ahead import Seen
from similarity.report_lines import CodedCommand, Stopped, json_line, readable, report_refused, unwritable


class Command(CodedCommand):
    help = (
        "Fit whitening and a linear readout of style to a collection (as build_catalogue takes it), and write the "
        "encoder with it into a folder that COLOPHON_ENCODER can name. Goes on where it was interrupted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="folder or ZIP archive of works")
        parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
        parser.add_argument("--encoder", default=settings.ENCODER, help="default: COLOPHON_ENCODER")
        parser.add_argument("--dims", type=int, default=192, help="of the readout, at most (default 192)")
        parser.add_argument(
            "--looks",
            type=int,
            choices=sorted(LOOKS),
            help="squares of a picture that are embedded and averaged: 1 the whole picture, 2 its ends, 5 its corners "
            "and middle (default: as the encoder does now)",
        )
        parser.add_argument("--batch", type=int, default=32)
        parser.add_argument("--json", action="store_true", help="one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if why := unwritable(out):
            raise Stopped("out_unwritable", f"{out} cannot be written: {why}.")
        refused: list[tuple[str, SimilarityError]] = []
        try:
            files, works, refused = open_collection(options["path"])
            copy_encoder(resolve(options["encoder"]), out, looks=options["looks"])
            with tqdm(total=len(works), unit="work", disable=options["json"] or not sys.stderr.isatty()) as bar:
                facts = fit_readout(
                    out,
                    works,
                    files,
                    dims=max(1, options["dims"]),
                    batch=max(1, options["batch"]),
                    on_works=lambda seen: _note(bar, seen, refused),
                )
        finally:
            report_refused(self.stderr, refused)
        found = facts["nearest_same_artist"]
        sentence = (
            f"A readout fitted to {facts['works']} works by {facts['artists']} artists. Of artists left out, the "
            f"nearest work is by the same one for {found['readout']:.1%} (plain {found['plain']:.1%}, whitened "
            f"{found['whitened']:.1%}).\nSet COLOPHON_ENCODER=local-dir:{out}, then import the works and calibrate."
        )
        facts |= {"out": str(out), "refused": len(refused)}
        self.stdout.write(json_line(facts) if options["json"] else readable(sentence))


def _note(bar: Any, seen: list[Seen], refused: list[tuple[str, SimilarityError]]) -> None:
    refused += [(one.item.file, one.error) for one in seen if one.error is not None]
    bar.update(len(seen))
