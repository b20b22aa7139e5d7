"""``manage.py verify FILE…``: the same answer as the page, for files on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError
from provenance.works.verify import BAD, Verification, verify
from similarity.errors import SimilarityError
from similarity.pictures import read_file
from similarity.report_lines import file_facts, json_line, readable, stopped


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Say what files carry about how they were made, and whether it still belongs to them. "
        "Exits 1 when a file could not be read, or its verdict is tampered or unreadable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--reveal", default="", metavar="CODE", help="leave to see a private prompt")
        parser.add_argument("--json", action="store_true", help="one JSON object per file on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        bad = 0
        for path in options["files"]:
            try:
                found = verify(read_file(path), token=options["reveal"])
            except (OperationalError, ProgrammingError) as error:
                sentence = _("Our own records cannot be asked: run manage.py migrate first.")
                json_to = self.stdout if options["json"] else None
                raise stopped("database_unavailable", sentence, json_to=json_to) from error
            except (SimilarityError, CredentialError) as error:
                bad += 1
                if options["json"]:
                    said = {"verdict": None, "code": error.code, "summary": error.for_operator}
                    self.stdout.write(json_line(file_facts(path) | said))
                else:
                    self.stderr.write(readable(f"{path}: {error.code}: {error.for_operator}"))
                continue
            bad += found.verdict in BAD
            if options["json"]:
                self.stdout.write(json_line(file_facts(path) | _json(found)))
            else:
                self.stdout.write(readable(_text(path, found)))
        if bad:
            sentence = _("%(bad)d of %(all)d files are not as they should be.")
            raise CommandError(sentence % {"bad": bad, "all": len(options["files"])})


def _json(found: Verification) -> dict[str, Any]:
    said = found.as_dict()
    # ``file`` is the path on this machine, as in the other commands; the facts move aside.
    said["file_facts"] = said.pop("file")
    return said


def _text(path: Path, found: Verification) -> str:
    said = found.as_dict()
    lines = [f"{path}: {found.verdict} ({said['verdict_text']})", f"  {found.summary}"]
    lines += [f"  {sentence}" for sentence in found.sentences]
    lines += [f"  - {reason['text']} [{reason['code']}]" for reason in found.reasons]
    if found.manifest:
        signer = found.manifest["signer"]
        rows = {
            _("signed by"): f"{signer['name']} ({signer['organisation']}), issued by {signer['issuer']}",
            _("model"): " ".join(found.manifest["model"].values()),
            _("prompt"): found.manifest["prompt"],
            _("seed"): found.manifest["seed"],
            _("made"): found.manifest["created"],
        }
        lines += [f"  {name}: {value}" for name, value in rows.items() if value]
        for action in found.manifest["actions"]:
            source = f", {action['source_text']}" if action["source_text"] else ""
            lines.append(f"  [{action['standing']}] {action['text']}{source} ({action['standing_text']})")
    if found.lineage and found.lineage["children"]:
        heading = _("made from")
        lines += [f"  {heading}:", *_tree(found.lineage, indent="    ")]
    if found.revealed:
        heading = _("revealed")
        lines.append(f"  {heading}: {found.revealed['text']} [{found.revealed['code']}]")
        lines += [f"    {word}" for word in (found.revealed["prompt"], found.revealed["negative_prompt"]) if word]
    if found.recovered:
        heading = _("recovered")
        lines.append(f"  {heading}: {found.recovered['title']} ({found.recovered['version']})")
        lines += [f"    {change['text']}" for change in found.recovered["happened"]]
    unsigned = _("Unsigned")
    lines += [f"  {unsigned}: {mark['standard_text']} ({', '.join(mark['fields'])})" for mark in found.marks]
    trust_list = f"{_('trust list')}: {found.trust_list or _('none')}"
    reader = _("read with")
    lines.append(f"  {reader}: {found.sdk}; {trust_list}; {found.checked_at}")
    # What a file says may hold line breaks; it must not pass for lines of ours.
    return "\n".join(line.replace("\n", "\n      | ") for line in lines)


def _tree(node: dict[str, Any], *, indent: str) -> Iterator[str]:
    for child in node["children"]:
        signer = f", {_('signed by')} {child['signer']}" if child["signer"] else ""
        title = child["title"] or child["format"]
        yield f"{indent}{title} ({child['relationship_text']}): {child['state_text']}{signer}"
        yield from _tree(child, indent=indent + "  ")
