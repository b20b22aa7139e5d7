"""``manage.py verify FILE…``: the same answer as the page, for files on this machine."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError
from provenance.works.verification_text import text_of
from provenance.works.verify import BAD, Verification, verify
from similarity.errors import SimilarityError
from similarity.pictures import read_file
from similarity.report_lines import CodedCommand, Stopped, file_facts, json_line, readable


class Command(CodedCommand):
    requires_system_checks = ()
    help = (
        "Say what files carry about how they were made, and whether it still belongs to them. "
        "Exits 1 when a file could not be read, or its verdict is tampered or unreadable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--reveal", default="", metavar="CODE", help="leave to see a private prompt")
        parser.add_argument("--json", action="store_true", help="one JSON object per file on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        bad = 0
        for path in options["files"]:
            try:
                found = verify(read_file(path), token=options["reveal"])
            except (SimilarityError, CredentialError) as error:
                bad += 1
                if options["json"]:
                    said = {"verdict": None, "error_code": error.code, "error": error.for_operator}
                    self.stdout.write(json_line(file_facts(path) | said))
                else:
                    self.stderr.write(readable(f"{path}: {error.code}: {error.for_operator}"))
                continue
            bad += found.verdict in BAD
            if options["json"]:
                self.stdout.write(json_line(file_facts(path) | _json(found)))
            else:
                self.stdout.write(readable(text_of(found, name=str(path))))
        if bad:
            sentence = _("%(bad)d of %(all)d files are not as they should be.")
            raise Stopped("verification_failed", sentence % {"bad": bad, "all": len(options["files"])})


def _json(found: Verification) -> dict[str, Any]:
    said = found.as_dict()
    # ``file`` is the path on this machine, as in the other commands; the facts move aside.
    said["file_facts"] = said.pop("file")
    return said
