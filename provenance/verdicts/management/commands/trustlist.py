"""``manage.py trustlist``: whose signatures are shown as trusted."""

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandParser

from provenance.credentials.trust_file import KINDS, LARGEST, SIGNER
from provenance.verdicts.judge import judge_again
from provenance.verdicts.models import TrustListVersion
from provenance.verdicts.trust_lists import drop, use, use_again
from similarity.report_lines import CodedCommand, Stopped

TIMEOUT_SECONDS = 30


class Command(CodedCommand):
    help = "Trust lists: use a file, update from an address, go back to a kept one, list them."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        from_file = verbs.add_parser("use", help="use a list from a file (JSON as published, or PEM)")
        from_file.add_argument("file", metavar="FILE", help="a path, or the beginning of a kept list's SHA-256")
        update = verbs.add_parser("update", help="fetch a list from an https address and use it")
        update.add_argument("url", metavar="URL")
        none = verbs.add_parser("none", help="use no list of this kind")
        for each in (from_file, update, none):
            each.add_argument("--kind", choices=KINDS, default=SIGNER, help="whom it vouches for (signer)")
        verbs.add_parser("list", help="every list that was ever used")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "_" + options["verb"])(options)

    def _use(self, options: dict[str, Any]) -> None:
        path = Path(options["file"])
        if path.is_file():
            row, changed = use(path.read_bytes(), kind=options["kind"], source=path.name)
        elif all(c in "0123456789abcdef" for c in options["file"]):
            row, changed = use_again(kind=options["kind"], sha256=options["file"])
        else:
            raise Stopped("file_unreadable", f"There is no file {path}.")
        self._told(row, changed)

    def _update(self, options: dict[str, Any]) -> None:
        # Only ever because an operator typed the address: nothing that comes from outside leads here.
        url = options["url"]
        if urlsplit(url).scheme != "https":
            raise Stopped("bad_address", "Give an https address: whoever can change the list decides whom you trust.")
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # https, checked above
                data = answer.read(LARGEST + 1)
        except (urllib.error.URLError, OSError) as error:
            raise Stopped("trust_list_unavailable", f"{url} could not be fetched: {error}") from error
        self._told(*use(data, kind=options["kind"], source=url))

    def _none(self, options: dict[str, Any]) -> None:
        self.stdout.write("No list is used any more." if drop(kind=options["kind"]) else "No list was in use.")
        self._judge()

    def _list(self, options: dict[str, Any]) -> None:
        for row in TrustListVersion.objects.all():
            mark = "*" if row.active else " "
            self.stdout.write(
                f"{mark} {row.kind:6} {row.sha256[:16]} {row.count:3} certificates, "
                f"{row.added_at:%Y-%m-%d %H:%M}, {row.source}"
            )

    def _told(self, row: TrustListVersion, changed: bool) -> None:
        state = "in use" if changed else "was in use already"
        self.stdout.write(f"{row.kind} list {row.sha256[:16]} with {row.count} certificates: {state}")
        if settings.TRUST_LIST and row.kind == SIGNER:
            self.stderr.write("COLOPHON_TRUST_LIST is set, and goes before it: unset it to use this list.")
        if changed:
            self._judge()

    def _judge(self) -> None:
        done = judge_again()
        self.stdout.write(f"{done.files} files judged again, {done.changed} verdicts changed; the clock does the rest")
