"""``manage.py audit FILE|FOLDER…``: compare pictures with the reference works, as the service does."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from similarity.audit_files import Audited, audit_files, pictures_in
from similarity.errors import SimilarityError
from similarity.models import Audit
from similarity.report_lines import command_error, file_facts, json_line, readable


class Command(BaseCommand):
    help = (
        "Compare pictures, or all below a folder, with the reference works. Audits are kept: what was done for the "
        "same bytes, encoder, index and calibration is not done again. "
        "Exits non-zero if any named file, or every picture of a folder, could not be judged."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")
        parser.add_argument("--prompt", default="", help="look for artists' names in it, too")
        parser.add_argument("--json", action="store_true", help="one JSON object per file")

    def handle(self, *args: Any, **options: Any) -> None:
        json_to = self.stdout if options["json"] else None
        named = set(options["paths"])
        outcomes: Counter[str] = Counter()
        bad_named = 0
        try:
            files = pictures_in(options["paths"])
            quiet = options["json"] or len(files) == 1 or not sys.stderr.isatty()
            with tqdm(total=len(files), unit="picture", disable=quiet) as bar:
                for audited in audit_files(files, prompt=options["prompt"]):
                    outcomes[str(audited.audit.outcome)] += 1
                    bad_named += audited.audit.outcome == Audit.Outcome.FAILED and audited.file in named
                    self._tell(audited, as_json=options["json"], brief=audited.file not in named)
                    bar.update()
        except SimilarityError as error:  # wrong with every file, and only here is the operator told where it lies
            raise command_error(error, json_to=json_to) from error
        if any(path.is_dir() for path in named):
            self._sum_up(outcomes, as_json=options["json"])
        if bad_named or outcomes[Audit.Outcome.FAILED] == len(files):
            raise CommandError(f"{outcomes[Audit.Outcome.FAILED]} of {len(files)} files could not be judged.")

    def _tell(self, audited: Audited, *, as_json: bool, brief: bool) -> None:
        if as_json:
            self.stdout.write(json_line(_facts(audited)))
            return
        out = self.stderr if audited.audit.outcome == Audit.Outcome.FAILED else self.stdout
        with tqdm.external_write_mode():
            out.write(readable(_sentence(audited, brief=brief)))

    def _sum_up(self, outcomes: Counter[str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json_line({"pictures": outcomes.total(), "outcomes": dict(outcomes)}))
            return
        self.stdout.write(f"{outcomes.total()} pictures")
        for outcome, count in outcomes.most_common():
            self.stdout.write(f"  {count:6}  {Audit.Outcome(outcome).label}")


def _facts(audited: Audited) -> dict[str, Any]:
    audit = audited.audit
    return {
        **file_facts(audited.file),
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
        "again": audited.again,
        "error_code": audit.error_code or None,
        "error": audit.error or None,
    }


def _sentence(audited: Audited, *, brief: bool) -> str:
    audit = audited.audit
    lines = [f"{audited.file}: {audit.get_outcome_display()}"]
    if audit.error:
        lines.append(f"  {audit.error_code}: {audit.error}")
    if audit.outcome != Audit.Outcome.FAILED and not brief:
        lines.append(f"  {audit.compared_with()}")
    if audit.copy_of:
        lines.append(f"  same picture as “{audit.copy_of['title']}” by {audit.copy_of['artist']}")
    if brief:
        return "\n".join(lines)
    lines += [f"  {entry['score']:.3f}  {entry['artist']} ({entry['references']} works)" for entry in audit.artists]
    lines += [f"  {entry['score']:.3f}  “{entry['title']}”, {entry['artist']}" for entry in audit.works[:3]]
    return "\n".join(lines)
