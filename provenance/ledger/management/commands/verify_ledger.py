"""``manage.py verify_ledger``: read the whole chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from provenance.ledger.verify import verify_ledger


class Command(BaseCommand):
    help = "Check every event of the ledger against the one before it. Exits non-zero at a break."

    def handle(self, *args: Any, **options: Any) -> None:
        count, breaks = verify_ledger()
        for found in breaks:
            self.stderr.write(f"event {found.sequence}: {found.reason}")
        if breaks:
            raise CommandError(f"{len(breaks)} breaks in {count} events")
        self.stdout.write(f"{count} events, unbroken")
