"""``manage.py replay REPORT.json``: compute a report again, in a process of its own, and compare."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from provenance.reports.errors import ReportError
from provenance.reports.sign import LARGEST, Document, read
from similarity.pictures import decode_file
from similarity.replay import Difference, Replay, Why, replay
from similarity.report import looks_needed
from similarity.report_lines import CodedCommand, Stopped, json_line, readable

WHY_NOT = {
    Why.NEEDS_IMAGE: "for which it takes the picture (--image)",
    Why.WORKS_LEFT: "because the works on record then are not all here",
    Why.PICTURES_KEPT: "because whether the work's picture is kept here has changed since",
    Why.OLDER_REPORT: "which reports of that time do not hold, or show otherwise",
    Why.TOLD: "being what was told or noted, with nothing to compute it from",
}


class Command(CodedCommand):
    help = (
        "Compute the numbers of a report again and compare them; with --image from the pixels, else from the vector in "
        "the report. Tells what was compared and what was not. Exits 1 with what differs, and with a code when it "
        "cannot be compared: encoder_differs, calibration_differs, cohort_differs, index_differs."
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
            found = replay(document.record, picture=picture, on_look=lambda count: _advance(bar, count))
        found.compared.insert(0, "signature")
        found.differences[:0] = _seal(document, options["key"])
        self._tell(document, found, by_pixels=picture is not None, as_json=options["json"])
        if found.differences:
            raise Stopped("not_confirmed", "The report was not confirmed.")

    def _tell(self, document: Document, found: Replay, *, by_pixels: bool, as_json: bool) -> None:
        is_confirmed = not found.differences
        if as_json:
            facts = {"confirmed": is_confirmed, "key": document.key, "from_pixels": by_pixels}
            facts |= {"compared": found.compared, "not_compared": [vars(each) for each in found.left_out]}
            self.stdout.write(json_line(facts | {"differences": [vars(each) for each in found.differences]}))
            return
        for each in found.differences:
            self.stdout.write(readable(f"{each.what}: the report says {each.said!s:.200}, found {each.found!s:.200}"))
        self.stdout.write(f"Compared: {', '.join(found.compared)}.")
        for code, why in WHY_NOT.items():
            if parts := [each.what for each in found.left_out if each.why == code]:
                self.stdout.write(f"Not compared, {why}: {', '.join(parts)}.")
        if is_confirmed:
            way = "from the pixels" if by_pixels else "from the vector in it"
            self.stdout.write(
                f"Confirmed: computed again {way}, what was compared is the same. Signed with key {document.key}."
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
