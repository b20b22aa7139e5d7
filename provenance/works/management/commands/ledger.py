"""``manage.py ledger``: check the ledger, sign it, hand parts of it out, forget a person."""

import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.erase import erase_person
from provenance.ledger.examine import Signed
from provenance.ledger.export import take, whole_ledger
from provenance.ledger.kept import KeptElsewhere, read_export, read_key
from provenance.ledger.models import PersonalValue
from provenance.ledger.verify import verify_ledger
from provenance.works.models import Work
from provenance.works.story_export import export_story
from similarity.report_lines import CodedCommand, Stopped


class Command(CodedCommand):
    help = "The ledger: verify, checkpoint, export, erase-person."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        verify = verbs.add_parser("verify", help="read every event and checkpoint; exits 1 at a break")
        verify.add_argument(
            "--against",
            type=Path,
            action="append",
            default=[],
            metavar="ZIP",
            help="an export that must fit",
        )
        verify.add_argument("--key", type=Path, metavar="PEM", help="believe checkpoints by this public key only")
        verbs.add_parser("checkpoint", help="sign the ledger as it stands now")
        out = verbs.add_parser("export", help="a ZIP file that anybody can check without Colophon")
        what = out.add_mutually_exclusive_group(required=True)
        what.add_argument("--work", metavar="ID", help="the events of one work")
        what.add_argument("--all", action="store_true", help="every event (nothing personal is in them)")
        out.add_argument("--out", type=Path, required=True, metavar="FILE")
        erase = verbs.add_parser("erase-person", help="erase a person's values and close their account, for good")
        erase.add_argument("username", metavar="USER")
        erase.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "_" + options["verb"].replace("-", "_"))(options)

    def _verify(self, options: dict[str, Any]) -> None:
        try:
            kept = [read_export(path) for path in options["against"]]
            keys = read_key(options["key"]) if options["key"] else None
        except OSError as error:
            raise Stopped("file_unreadable", f"{error.filename} cannot be read: {error.strerror}.") from error
        report = verify_ledger(kept_elsewhere=tuple(_signed(kept)), keys=keys)
        for name in report.unguarded:
            self.stderr.write(f"the database trigger {name} is missing: rows could be changed")
        for found in report.breaks:
            self.stderr.write(f"event {found.sequence}: {found.reason}")
        if report.breaks or report.unguarded:
            code = "ledger_broken" if report.breaks else "ledger_unguarded"
            raise Stopped(code, f"{len(report.breaks)} breaks in {report.events} events")
        self.stdout.write(
            f"{report.events} events, unbroken; {report.covered} of them under {report.checkpoints} "
            f"signed checkpoints; {report.erased} personal values erased"
        )

    def _checkpoint(self, options: dict[str, Any]) -> None:
        made = checkpoint()
        self.stdout.write(
            f"{made.size} events, root {made.root}, key {made.key_id}" if made else "The ledger is empty."
        )

    def _export(self, options: dict[str, Any]) -> None:
        if options["all"]:
            data = take(whole_ledger(), by=None)
        else:
            try:
                work = Work.objects.get(pk=UUID(options["work"]))
            except (Work.DoesNotExist, ValueError, ValidationError):
                raise Stopped("no_such_work", f"There is no work {options['work']}.") from None
            data = export_story(work, asker=None)
        try:
            options["out"].write_bytes(data)
        except OSError as error:
            raise Stopped("out_unwritable", f"{error.filename} cannot be written: {error.strerror}.") from error
        with zipfile.ZipFile(options["out"]) as archive:
            self.stdout.write(f"{options['out']}: {len(data)} bytes, {len(archive.namelist())} parts")

    def _erase_person(self, options: dict[str, Any]) -> None:
        name = options["username"]
        if not options["yes"]:
            values = PersonalValue.objects.filter(person__username=name).count()
            works = Work.objects.filter(owner__username=name).count()
            self.stdout.write(
                f"{values} personal values of the ledger, the words of private prompts and the account of “{name}” "
                "will be erased for good. "
                f"{works} works and their signed files stay."
            )
            if input(f"Type {name} to go on: ") != name:
                raise Stopped("not_agreed", "Nothing was erased.")
        done = erase_person(name)
        self.stdout.write(f"{done.values} values erased; the account is now {done.alias}, closed")


def _signed(kept: list[KeptElsewhere]) -> list[Signed]:
    return [signed for each in kept for signed in each.checkpoints]
