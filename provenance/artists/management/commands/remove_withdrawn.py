"""``manage.py remove_withdrawn``: the maintenance run for works that artists withdrew, at once."""

from typing import Any

from django.core.management.base import CommandParser

from provenance.artists.withdraw import remove_withdrawn
from similarity.report_lines import CodedCommand, json_line


class Command(CodedCommand):
    help = (
        "Remove the works that artists withdrew, with every vector, and index files that still hold them. "
        "The service does it by itself every COLOPHON_WITHDRAWAL_SECONDS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = remove_withdrawn()
        self.stdout.write(json_line({"removed": removed}) if options["json"] else f"{removed} works removed.")
