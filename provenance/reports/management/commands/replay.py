"""``manage.py replay REPORT.json``: compute a report again, in a process of its own, and compare."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from provenance.reports.errors import ReportError
from provenance.reports.sign import LARGEST, Document, read
from similarity.pictures import decode_file
from similarity.replay import Difference, replay
from similarity.report import looks_needed
from similarity.report_lines import CodedCommand, Stopped, json_line, readable


class Command(CodedCommand):
    help = (
        "Compute the numbers of a report again and compare them; with --image from the pixels, else from the vector in "
        "the report. Exits 1 with what differs, and with a code when it cannot be compared: encoder_differs, "
        "calibration_differs, cohort_differs, index_differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", type=Path, metavar="REPORT.json")
        parser.add_argument("--image", type=Path, metavar="FILE", help="the picture that was audited")
        parser.add_argument("--key", default="", help="fingerprint of the key it should be signed with; else our own")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        document = read(_bytes_of(options["report"]))
        picture = decode_file(options["image"]) if options["image"] else None
        total = looks_needed(picture) if picture else 0
        with tqdm(total=total, unit="look", disable=not total or options["json"] or not sys.stderr.isatty()) as bar:
            found = [
                *_seal(document, options["key"]),
                *replay(document.record, picture=picture, on_look=lambda count: _advance(bar, count)),
            ]
        self._tell(document, found, by_pixels=picture is not None, as_json=options["json"])
        if found:
            raise Stopped("not_confirmed", "The report was not confirmed.")

    def _tell(self, document: Document, found: list[Difference], *, by_pixels: bool, as_json: bool) -> None:
        if as_json:
            differences = [vars(each) for each in found]
            facts = {"confirmed": not found, "key": document.key, "from_pixels": by_pixels, "differences": differences}
            self.stdout.write(json_line(facts))
            return
        for each in found:
            self.stdout.write(readable(f"{each.what}: the report says {each.said!s:.200}, found {each.found!s:.200}"))
        if not found:
            way = "from the pixels" if by_pixels else "from the vector in it"
            self.stdout.write(
                f"Confirmed: computed again {way}, everything is the same. Signed with key {document.key}."
            )


def _advance(bar: Any, count: int) -> None:
    bar.update(count)


def _seal(document: Document, wanted: str) -> list[Difference]:
    if document.flaw:
        return [Difference("signature", "whole", document.flaw)]
    is_right = document.key == wanted if wanted else document.known
    return [] if is_right else [Difference("signature.key", document.key, wanted or "a key of this service")]


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise ReportError("file_unreadable", f"{path} cannot be read: {error.strerror or error}.") from error
