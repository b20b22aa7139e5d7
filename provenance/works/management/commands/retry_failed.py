"""``manage.py retry_failed``: after mending what made versions fail, let them go on."""

from typing import Any

from django.core.management.base import CommandParser

from provenance.works.stages import retry_failed
from similarity.report_lines import CodedCommand


class Command(CodedCommand):
    help = "Put failed versions back to the stage they failed at. Their pictures were kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--code", default="", help="only those that failed with this error code")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{retry_failed(code=options['code'])} versions will be tried again")
