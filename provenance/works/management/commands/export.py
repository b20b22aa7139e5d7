"""``manage.py export VERSION --profile china``: a published version as a file for one place."""

import contextlib
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import CommandParser

from generation import blobs
from provenance.marking.preflight import Preflight
from provenance.works.export import export
from provenance.works.export_names import file_name
from provenance.works.models import Export, Version
from provenance.works.wish import FORMATS, Wish, look_ahead
from similarity.report_lines import CodedCommand, Stopped, json_line


class Command(CodedCommand):
    help = "Make a signed file of a published version for one place. Engineering guidance, not legal advice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", type=UUID, metavar="VERSION", help="id of the version")
        parser.add_argument("--profile", default="plain", help="plain, eu, california, china, korea, india, custom, …")
        parser.add_argument("--format", default="png", choices=list(FORMATS))
        parser.add_argument("--language", default="", help="of the label")
        parser.add_argument("--labelled", action="store_true", help="with the label, where that is a choice")
        parser.add_argument("--unlabelled", action="store_true", help="without the label")
        parser.add_argument("--agree", action="store_true", help="agree to what a copy without label asks (kept)")
        parser.add_argument("--prompt-writer", default="", metavar="NAME", help="name who wrote the prompt in the file")
        parser.add_argument("--user", default="", help="who asks; the work's owner when left out")
        parser.add_argument("--out", type=Path, default=Path(), metavar="DIR")
        parser.add_argument("--preflight", action="store_true", help="only say what would be written and is missing")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["labelled"] and options["unlabelled"]:
            raise Stopped("bad_arguments", "--labelled and --unlabelled exclude each other")
        version = (
            Version.objects.select_related("work__owner", "credential", "output__job__passport")
            .filter(pk=options["version"])
            .first()
        )
        if version is None:
            raise Stopped("no_such_version", f"there is no version {options['version']}")
        wish = Wish(
            profile=options["profile"],
            format=options["format"],
            labelled=True if options["labelled"] else False if options["unlabelled"] else None,
            language=options["language"],
            agreed=options["agree"],
            prompt_writer=options["prompt_writer"],
        )
        if options["preflight"]:
            self._tell(look_ahead(version, wish), as_json=options["json"])
            return
        made, new = export(version, wish, by=_asker(options["user"], version))
        path = _copy(made, options["out"])
        if options["json"]:
            said = {"file": str(path), "export": str(made.pk), "version": str(version.pk), "new": new}
            facts = {name: getattr(made, name) for name in ("profile", "media_type", "label", "sha256", "verdict")}
            self.stdout.write(json_line({**said, **facts}))
            return
        self.stdout.write(
            f"{path}\n  profile  {made.profile}\n  label    {made.label or '-'}\n  verdict  {made.verdict}"
        )

    def _tell(self, found: Preflight, *, as_json: bool) -> None:
        groups = {"writes": found.writes, "missing": found.missing, "advice": found.advice}
        if as_json:
            said = {name: [line.as_dict() for line in lines] for name, lines in groups.items()}
            self.stdout.write(json_line({"ready": found.ready, **said}))
        else:
            for name, lines in groups.items():
                for line in lines:
                    self.stdout.write(f"{name:8} {line.text} [{line.code}]")
        if not found.ready:
            raise Stopped("not_ready", ", ".join(line.code for line in found.missing))


def _asker(name: str, version: Version) -> Any:
    if not name:
        return version.work.owner
    users = get_user_model()._default_manager
    if (user := users.filter(**{get_user_model().USERNAME_FIELD: name}).first()) is None:
        raise Stopped("no_such_user", f"there is no user {name}")
    return user


def _copy(made: Export, folder: Path) -> Path:
    """Copy the file out of the store; it appears under its name only when complete."""
    target = folder / file_name(made)
    partial = target.with_name(target.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(blobs.get(made.blob))
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        sentence = f"the export is made and kept, but no copy can be written to {folder}"
        raise Stopped("file_unwritable", sentence) from error
    return target
