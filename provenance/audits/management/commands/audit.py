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
    Reports,
    Section,
    counts,
    entry,
    to_report,
    write_page,
    write_reports,
)
from similarity.audit import Asked, domain_of
from similarity.audit_files import Audited, audit_files, file_set, pictures_in
from similarity.errors import SimilarityError
from similarity.judge_set import SetDecision, judge_audits
from similarity.models import Audit
from similarity.report_lines import CodedCommand, Stopped, file_facts, json_line, readable, report_refused, unwritable


class Command(CodedCommand):
    help = (
        "Compare pictures, or all below a folder, with the reference works. Audits are kept: what was done for the "
        "same bytes, encoder, index and calibration is not done again. "
        "Exits non-zero if any named file, or every picture of a folder, could not be judged, or if not one report "
        "could be made."
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
        reports = Reports()
        if report:
            reports = self._reports(to_report(done, every=options["every"]), report, as_json=options["json"])
            self._page(done, found, reports, folder=report, generator=options["generator"])
        if report or found or not set(files) <= named:
            self._sum_up(done, found, reports, folder=report, as_json=options["json"])
        failed = [audited.file for audited in done if audited.audit.outcome == Audit.Outcome.FAILED]
        if named & set(failed) or len(failed) == len(files):
            raise Stopped("not_judged", f"{len(failed)} of {len(files)} files could not be judged.")
        if reports.refused and not reports.written:
            raise Stopped("nothing_reported", f"None of {len(reports.refused)} reports could be made.")

    def _tell(self, audited: Audited, *, as_json: bool, brief: bool) -> None:
        if as_json:
            self.stdout.write(json_line(audit_facts(audited)))
            return
        out = self.stderr if audited.audit.outcome == Audit.Outcome.FAILED else self.stdout
        with tqdm.external_write_mode():
            out.write(readable(audit_sentence(audited, brief=brief)))

    def _reports(self, wanted: list[Audited], folder: Path, *, as_json: bool) -> Reports:
        looks = 0
        with tqdm(total=len(wanted), unit="report", disable=as_json or not wanted or not sys.stderr.isatty()) as bar:

            def looked(count: int) -> None:
                nonlocal looks
                looks += count
                bar.set_postfix(looks=looks)

            def ended(one: Audited, error: SimilarityError | None) -> None:
                if error is not None:
                    with tqdm.external_write_mode():
                        report_refused(self.stderr, [(str(one.file), error)])
                bar.update()

            return write_reports(wanted, folder, on_report=ended, on_look=looked)

    @staticmethod
    def _page(
        done: list[Audited], found: SetDecision | None, reports: Reports, *, folder: Path, generator: str
    ) -> None:
        flagged = [one for one in done if one.audit.outcome in Audit.NAMING]
        rest = [one for one in done if one.audit.outcome not in Audit.NAMING]
        sections = [
            Section(title, [_entry(one, reports) for one in ones[:PICTURED]], _left_out(len(ones)))
            for title, ones in ((_("Flagged"), flagged), (_("All others"), rest))
            if ones
        ]
        told = tell(found.facts(), generator=generator) if found else None
        write_page(Page(_("Pictures compared with known works"), sections, told, [counts(done)]), folder)

    def _sum_up(
        self, done: list[Audited], found: SetDecision | None, reports: Reports, *, folder: Path | None, as_json: bool
    ) -> None:
        outcomes = Counter(str(audited.audit.outcome) for audited in done)
        if as_json:
            told: dict[str, Any] = {"pictures": len(done), "outcomes": dict(outcomes)}
            told |= {"set": found.facts()} if found else {}
            told |= {"report": str(folder / INDEX), "refused": _refused(reports)} if folder else {}
            self.stdout.write(json_line(told))
            return
        self.stdout.write(f"{len(done)} pictures")
        for outcome, count in outcomes.most_common():
            self.stdout.write(f"  {count:6}  {Audit.Outcome(outcome).label}")
        if found:
            self.stdout.write(readable("\n".join(set_sentences(found))))
        if folder:
            self.stdout.write(readable(f"{folder / INDEX}"))


def _entry(one: Audited, reports: Reports) -> Entry:
    error = reports.refused.get(one.file)
    report = reports.written.get(one.file, "")
    return entry(one, name=str(one.file), report=report, why_none=error.message if error else "")


def _refused(reports: Reports) -> list[dict[str, str]]:
    return [
        {**file_facts(file), "error_code": error.code, "error": error.for_operator}
        for file, error in reports.refused.items()
    ]


def _left_out(count: int) -> str:
    if count <= PICTURED:
        return ""
    return _("The first %(shown)s of %(count)s.") % {"shown": PICTURED, "count": count}
