"""``manage.py embed FOLDER --out FILE.npz``: the vectors of a folder of pictures."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandParser
from tqdm import tqdm

from similarity.artworks import Folder, list_pictures
from similarity.catalogue import save_arrays
from similarity.encoder import load_encoder
from similarity.read_ahead import Seen, embed_ahead
from similarity.report_lines import CodedCommand, Stopped, json_line, readable, report_refused, unwritable


class Command(CodedCommand):
    help = "Embed every picture below a folder: arrays paths (n) and vectors (n × d, float32, rows of length one)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
        parser.add_argument("--batch", type=int, default=32)
        parser.add_argument("--json", action="store_true", help="one JSON object at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = options["folder"]
        out: Path = options["out"]
        if not root.is_dir():
            raise Stopped("not_a_folder", f"{root} is not a folder.")
        # Before the work, which may take hours.
        if why := f"{out} is a folder" if out.is_dir() else unwritable(out.parent):
            raise Stopped("out_unwritable", f"{out} cannot be written: {why}.")
        encoder = load_encoder()
        paths = list_pictures(root)
        seen: list[Seen] = []
        with tqdm(total=len(paths), unit="picture", disable=options["json"] or not sys.stderr.isatty()) as bar:
            for part in embed_ahead(paths, read=Folder(root).read, encoder=encoder, batch=max(1, options["batch"])):
                seen += part
                bar.update(len(part))
        report_refused(self.stderr, [(one.item, one.error) for one in seen if one.error is not None])
        done = [(one.item, one.vector) for one in seen if one.vector is not None]
        if not done:
            raise Stopped("nothing_embedded", f"Nothing below {root} could be embedded.")
        arrays = {
            "paths": np.array([path for path, _vector in done]),
            "vectors": np.stack([vector for _path, vector in done]).astype(np.float32),
        }
        try:
            save_arrays(out, arrays)
        except OSError as error:
            raise Stopped("out_unwritable", f"{out} cannot be written: {error.strerror or error}.") from error
        refused = len(seen) - len(done)
        facts = {
            "out": str(out),
            "embedded": len(done),
            "refused": refused,
            "dimension": encoder.dimension,
            "encoder": encoder.fingerprint,
        }
        sentence = f"{len(done)} pictures embedded, {refused} refused: {out}"
        self.stdout.write(json_line(facts) if options["json"] else readable(sentence))
