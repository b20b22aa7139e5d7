"""``manage.py signers``: who signs now, who will, who did."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from provenance.credentials.signers import ALWAYS, SIGNING, Status, statuses
from similarity.report_lines import CodedCommand, json_line


class Command(CodedCommand):
    requires_system_checks = ()
    help = "List the signers, in the order in which they take over. Exits 1 when the one that signs now cannot."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object per signer on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        found = statuses()
        for status in found:
            said = _said(status)
            self.stdout.write(json_line(said) if options["json"] else _text(said))
        for status in found:
            if status.standing == SIGNING and status.error is not None:
                raise status.error


def _said(status: Status) -> dict[str, Any]:
    facts = status.facts
    return {
        "name": status.name,
        "standing": status.standing,
        "key": status.kind,
        "algorithm": status.algorithm,
        "from": "" if status.since == ALWAYS else status.since.isoformat(),
        "certificate": facts.common_name if facts else "",
        "sha256": facts.certificate_sha256 if facts else "",
        "valid_until": facts.not_after.isoformat() if facts else "",
        "days_left": (facts.not_after - datetime.now(UTC)).days if facts else None,
        "error_code": status.error.code if status.error else "",
        "error": status.error.for_operator if status.error else "",
    }


def _text(said: dict[str, Any]) -> str:
    words = [said["standing"], said["name"], said["key"], said["algorithm"]]
    if said["from"]:
        words.append(_("from %(day)s") % {"day": said["from"]})
    lines = ["  ".join(word for word in words if word)]
    if said["sha256"]:
        lines.append(f"  {said['certificate']}  {said['sha256']}")
        lines.append("  " + _("valid until %(day)s") % {"day": said["valid_until"]})
    if said["error_code"]:
        lines.append(f"  {said['error_code']}: {said['error']}")
    return "\n".join(lines)
