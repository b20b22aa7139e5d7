"""``manage.py audit FILE|FOLDER…``: compare pictures with the reference works, as the service does."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from provenance.audits.lines import audit_facts, audit_sentence, set_sentences
from provenance.audits.wording import tell
from provenance.audits.write_folder import (
    INDEX,
    PICTURED,
    Entry,
    Page,
    Section,
    counts,
    entry,
    write_page,
    write_reports,
)
from similarity.audit import Asked, domain_of
from similarity.audit_files import Audited, audit_files, file_set, pictures_in
from similarity.judge_set import SetDecision, judge_audits
from similarity.models import Audit
from similarity.report_lines import CodedCommand, Stopped, json_line, readable, unwritable


class Command(CodedCommand):
    help = (
        "Compare pictures, or all below a folder, with the reference works. Audits are kept: what was done for the "
        "same bytes, encoder, index and calibration is not done again. "
        "Exits non-zero if any named file, or every picture of a folder, could not be judged."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")
        parser.add_argument("--prompt", default="", help="look for artists' names in it, too")
        parser.add_argument(
            "--generator", default="", metavar="NAME|SHA256", help="the model that made them, if one did"
        )
        parser.add_argument("--set", action="store_true", dest="as_set", help="judge all of them as one set, too")
        parser.add_argument(
            "--report", type=Path, metavar="DIR", help="write a report of each flagged picture there, and an index.html"
        )
        parser.add_argument("--all", action="store_true", dest="every", help="with --report: of every judged picture")
        parser.add_argument("--json", action="store_true", help="one JSON object per file")

    def handle(self, *args: Any, **options: Any) -> None:
        report: Path | None = options["report"]
        # Before the work, which may take hours.
        if report and (why := f"{report} is a file" if report.is_file() else unwritable(report)):
            raise Stopped("out_unwritable", f"Reports cannot be put into {report}: {why}.")
        named = set(options["paths"])
        done: list[Audited] = []
        asked = Asked(options["prompt"], domain_of(options["generator"]))
        files = pictures_in(options["paths"])
        quiet = options["json"] or len(files) == 1 or not sys.stderr.isatty()
        with tqdm(total=len(files), unit="picture", disable=quiet) as bar:
            for audited in audit_files((file, asked) for file in files):
                done.append(audited)
                self._tell(audited, as_json=options["json"], brief=audited.file not in named)
                bar.update()
        found = judge_audits(*file_set(done)) if options["as_set"] else None
        if report:
            self._report(done, found, folder=report, every=options["every"], generator=options["generator"])
        if report or found or not set(files) <= named:
            self._sum_up(done, found, report=report, as_json=options["json"])
        failed = [audited.file for audited in done if audited.audit.outcome == Audit.Outcome.FAILED]
        if named & set(failed) or len(failed) == len(files):
            raise Stopped("not_judged", f"{len(failed)} of {len(files)} files could not be judged.")

    def _tell(self, audited: Audited, *, as_json: bool, brief: bool) -> None:
        if as_json:
            self.stdout.write(json_line(audit_facts(audited)))
            return
        out = self.stderr if audited.audit.outcome == Audit.Outcome.FAILED else self.stdout
        with tqdm.external_write_mode():
            out.write(readable(audit_sentence(audited, brief=brief)))

    def _report(
        self, done: list[Audited], found: SetDecision | None, *, folder: Path, every: bool, generator: str
    ) -> None:
        written = write_reports(done, folder, every=every)
        flagged = [one for one in done if one.audit.outcome in Audit.NAMING]
        rest = [one for one in done if one.audit.outcome not in Audit.NAMING]
        sections = [
            Section(title, [self._entry(one, written) for one in ones[:PICTURED]], _left_out(len(ones)))
            for title, ones in ((_("Flagged"), flagged), (_("All others"), rest))
            if ones
        ]
        told = tell(found.facts(), generator=generator) if found else None
        write_page(Page(_("Pictures compared with known works"), sections, told, [counts(done)]), folder)

    @staticmethod
    def _entry(one: Audited, written: dict[Path, str]) -> Entry:
        return entry(one, name=str(one.file), report=written.get(one.file, ""))

    def _sum_up(self, done: list[Audited], found: SetDecision | None, *, report: Path | None, as_json: bool) -> None:
        outcomes = Counter(str(audited.audit.outcome) for audited in done)
        if as_json:
            told: dict[str, Any] = {"pictures": len(done), "outcomes": dict(outcomes)}
            told |= {"set": found.facts()} if found else {}
            told |= {"report": str(report / INDEX)} if report else {}
            self.stdout.write(json_line(told))
            return
        self.stdout.write(f"{len(done)} pictures")
        for outcome, count in outcomes.most_common():
            self.stdout.write(f"  {count:6}  {Audit.Outcome(outcome).label}")
        if found:
            self.stdout.write(readable("\n".join(set_sentences(found))))
        if report:
            self.stdout.write(readable(f"{report / INDEX}"))


def _left_out(count: int) -> str:
    if count <= PICTURED:
        return ""
    return _("The first %(shown)s of %(count)s.") % {"shown": PICTURED, "count": count}
