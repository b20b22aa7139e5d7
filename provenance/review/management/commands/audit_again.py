"""``manage.py audit_again``: after mending what made audits fail, have held versions audited again."""

from typing import Any

from django.core.management.base import CommandParser

from provenance.review.audit_again import ask_all_again
from similarity.report_lines import CodedCommand


class Command(CodedCommand):
    help = "Have held versions audited again whose audit could not judge them. Reviewers still decide about each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--code", default="", help="only those whose audit failed with this error code")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{ask_all_again(code=options['code'])} held versions will be audited again")
