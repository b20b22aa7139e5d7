"""``manage.py prepare``: make a data folder ready; nothing is done twice."""

from typing import Any

from config.prepare import prepare
from similarity.report_lines import CodedCommand


class Command(CodedCommand):
    help = "Create tables, static files, the local signer and the reference catalogue, as far as they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(stdout=self.stdout)
