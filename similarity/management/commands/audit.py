"""``manage.py audit FILE…``: compare pictures with the reference works, as the service does."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from similarity.audit import audit_image
from similarity.encoder import load_encoder
from similarity.errors import SimilarityError
from similarity.models import Audit
from similarity.pictures import read_file
from similarity.report_lines import command_error, file_facts, json_line, readable


class Command(BaseCommand):
    help = "Compare pictures with the reference works. Exits non-zero if any could not be judged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--prompt", default="", help="look for artists' names in it, too")
        parser.add_argument("--json", action="store_true", help="one JSON object per file")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        json_to = self.stdout if options["json"] else None
        try:
            load_encoder()
        except SimilarityError as error:  # the same for every file, and only here is the operator told where it lies
            raise command_error(error, json_to=json_to) from error
        for file in options["files"]:
            try:
                audit = _audited(file, options["prompt"])
            except SimilarityError as error:  # one that may pass: nothing was found out about any file
                raise command_error(error, json_to=json_to) from error
            failed += audit.outcome == Audit.Outcome.FAILED
            if options["json"]:
                self.stdout.write(json_line(_facts(file, audit)))
            else:
                out = self.stderr if audit.outcome == Audit.Outcome.FAILED else self.stdout
                out.write(readable(_sentence(file, audit)))
        if failed:
            raise CommandError(f"{failed} of {len(options['files'])} files could not be judged.")


def _audited(file: Path, prompt: str) -> Audit:
    began = time.perf_counter()
    try:
        data = read_file(file)
    except SimilarityError as error:
        seconds = time.perf_counter() - began
        return Audit(outcome=Audit.Outcome.FAILED, error_code=error.code, error=error.message, seconds=seconds)
    return audit_image(data, prompt=prompt)


def _facts(file: Path, audit: Audit) -> dict[str, Any]:
    return {
        **file_facts(file),
        "outcome": str(audit.outcome),
        "artist": audit.artist_name or None,
        "score": audit.score,
        "works": audit.works,
        "artists": audit.artists,
        "copy_of": audit.copy_of,
        "named_in_prompt": audit.named_in_prompt,
        "sha256": audit.image_sha256,
        "encoder": audit.encoder,
        "index": audit.index,
        "references": audit.references,
        "artists_compared": audit.artists_compared,
        "seconds": round(audit.seconds, 3),
        "error_code": audit.error_code or None,
        "error": audit.error or None,
    }


def _sentence(file: Path, audit: Audit) -> str:
    lines = [f"{file}: {audit.get_outcome_display()}"]
    if audit.error:
        lines.append(f"  {audit.error_code}: {audit.error}")
    if audit.outcome != Audit.Outcome.FAILED:
        lines.append(f"  {audit.compared_with()}")
    if audit.copy_of:
        lines.append(f"  same picture as “{audit.copy_of['title']}” by {audit.copy_of['artist']}")
    lines += [f"  {entry['score']:.3f}  {entry['artist']} ({entry['references']} works)" for entry in audit.artists]
    lines += [f"  {entry['score']:.3f}  “{entry['title']}”, {entry['artist']}" for entry in audit.works[:3]]
    return "\n".join(lines)
