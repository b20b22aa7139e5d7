"""``manage.py create_signer``: the local development signer, once."""

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from provenance.credentials.development import create
from similarity.report_lines import CodedCommand


class Command(CodedCommand):
    # It mends what the checks would complain of.
    requires_system_checks = ()
    help = "Make the local development signer; does nothing when a usable signer is in place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rotate",
            "--force",
            dest="rotate",
            action="store_true",
            help="Replace a development signer that is still usable; files it signed stay known as this service's.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        facts, made = create(force=options["rotate"])
        sentence = (
            _("Made the signer %(name)s (valid until %(until)s).")
            if made
            else _("The signer %(name)s is already in place (valid until %(until)s); nothing was changed.")
        )
        self.stdout.write(sentence % {"name": facts.common_name, "until": facts.not_after.date().isoformat()})
        self.stdout.write(f"certificate SHA-256 {facts.certificate_sha256}")
