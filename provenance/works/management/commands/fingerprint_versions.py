"""``manage.py fingerprint_versions``: make every sealed version one that can be recovered."""

from typing import Any

from django.utils.translation import gettext as _

from provenance.recovery.registry import open_registry
from provenance.works.fingerprint_versions import fingerprint_versions
from similarity.report_lines import CodedCommand, Stopped


class Command(CodedCommand):
    help = "Take the fingerprints of sealed versions that have none yet, and bring the search index up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        done = failed = 0
        for _version, registered in fingerprint_versions():
            done, failed = done + registered, failed + (not registered)
        held = len(open_registry())
        sentence = _("%(done)d versions fingerprinted; %(held)d pictures can be recovered.")
        self.stdout.write(sentence % {"done": done, "held": held})
        if failed:
            sentence = _("%(failed)d files could not be read: the log names them.")
            raise Stopped("file_unreadable", sentence % {"failed": failed})
