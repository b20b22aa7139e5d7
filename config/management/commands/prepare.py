"""``manage.py prepare``: make a data folder ready; nothing is done twice."""

from typing import Any

from django.core.management.base import BaseCommand

from config.prepare import prepare


class Command(BaseCommand):
    help = "Create tables, static files, the local signer and the reference catalogue, as far as they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(stdout=self.stdout)
