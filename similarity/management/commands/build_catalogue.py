"""``manage.py build_catalogue PATH --out FILE``: facts and vectors of a collection, without its pictures."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from similarity.artworks import open_collection
from similarity.catalogue import reusable, write_catalogue
from similarity.encoder import load_encoder
from similarity.enrol import NewWork
from similarity.import_works import new_work
from similarity.read_ahead import embed_ahead
from similarity.report_lines import CodedCommand, Stopped, json_line, report_refused, unwritable

# Batches between two savings of what is done.
CHECKPOINT_EVERY = 10


class Command(CodedCommand):
    help = (
        "Make a reference catalogue from a folder (with a works.csv or a folder per artist) or a ZIP archive. "
        "Works that a catalogue of this encoder at --out holds already, or that an interrupted run left, "
        "are not embedded again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--out", type=Path, default=settings.CATALOGUE, metavar="FILE.npz")
        parser.add_argument("--batch", type=int, default=64)
        parser.add_argument("--json", action="store_true", help="one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        # Before the work, which may take hours.
        if why := unwritable(options["out"].parent):
            raise Stopped("out_unwritable", f"{options['out']} cannot be written: {why}.")
        files, listed, refused = open_collection(options["path"])
        encoder = load_encoder()
        partial = options["out"].with_suffix(".partial.npz")
        held = reusable([options["out"], partial], encoder=encoder.fingerprint)
        works: dict[str, NewWork] = {}
        with tqdm(total=len(listed), unit="work", disable=options["json"] or not sys.stderr.isatty()) as bar:
            parts = embed_ahead(
                listed,
                read=lambda work: files.read(work.file),
                encoder=encoder,
                batch=max(1, options["batch"]),
                known=held,
            )
            for number, seen in enumerate(parts, start=1):
                for one in seen:
                    if one.skipped and one.sha256 in held:
                        code, vector = held[one.sha256]
                        one = replace(one, code=code, vector=vector.astype(np.float32))
                    if one.vector is not None:
                        works.setdefault(one.sha256, new_work(one))
                refused += [(one.item.file, one.error) for one in seen if one.error is not None]
                if number % CHECKPOINT_EVERY == 0 and works:
                    write_catalogue(partial, list(works.values()), encoder=encoder.fingerprint)
                bar.update(len(seen))
        report_refused(self.stderr, refused)
        if not works:
            raise Stopped("nothing_embedded", f"{options['path']} holds no work that could be read.")
        write_catalogue(options["out"], list(works.values()), encoder=encoder.fingerprint)
        partial.unlink(missing_ok=True)
        size = options["out"].stat().st_size
        facts = {
            "out": str(options["out"]),
            "works": len(works),
            "artists": len({work.artist.slug for work in works.values()}),
            "refused": len(refused),
            "bytes": size,
            "encoder": encoder.fingerprint,
        }
        sentence = f"{facts['works']} works by {facts['artists']} artists in {size / 1e6:.1f} MB: {options['out']}"
        self.stdout.write(json_line(facts) if options["json"] else sentence)
