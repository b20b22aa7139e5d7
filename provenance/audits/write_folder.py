"""An ``index.html`` of pictures that were audited on the command line, beside their reports."""

import io
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from PIL import Image

from provenance.audits.wording import Told
from provenance.reports import wording
from provenance.reports.errors import ReportError
from provenance.reports.page import style
from provenance.reports.write import write_report
from similarity.audit_files import Audited
from similarity.errors import SimilarityError
from similarity.models import Audit
from similarity.pictures import read_file
from similarity.report_lines import readable

INDEX = "index.html"
SIDE = 112
# More small pictures than these make a page too heavy to open.
PICTURED = 500


@dataclass(frozen=True)
class Entry:
    """One picture on the page. ``report`` is a name in the same folder, empty where there is none; ``error`` says why
    it was not judged, or has no report."""

    name: str
    outcome: str
    tone: str
    whom: str
    p: str
    report: str
    picture: str
    error: str


@dataclass(frozen=True)
class Section:
    """A heading of the page with its own entries; ``note`` is a sentence under it."""

    title: str
    entries: list[Entry]
    note: str = ""


@dataclass(frozen=True)
class Page:
    title: str
    sections: list[Section]
    told: Told | None = None
    tables: list["Table"] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """Rows of words under a heading, the first column being what a row is about."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class Reports:
    """What became of the reports of files: the name of the HTML of each, and why others have none."""

    written: dict[Path, str] = field(default_factory=dict)
    refused: dict[Path, SimilarityError] = field(default_factory=dict)


def to_report(audited: Sequence[Audited], *, every: bool = False) -> list[Audited]:
    """Those that get a report: the flagged ones, or *every* judged one."""
    wanted = [one for one in audited if one.audit.outcome != Audit.Outcome.FAILED]
    return wanted if every else [one for one in wanted if one.audit.outcome in Audit.NAMING]


def write_reports(
    audited: Sequence[Audited],
    folder: Path,
    *,
    on_report: Callable[[Audited, SimilarityError | None], None] = lambda _one, _error: None,
    on_look: Callable[[int], None] = lambda _count: None,
) -> Reports:
    """A report of each in *folder*; *on_report* is told of each that is done, or why it cannot be made.

    A report that is there already for the same audit is kept. Raises what is wrong with every report: ``ReportError``
    ``folder_unwritable``, ``LedgerError`` ``ledger_key_unreadable``.
    """
    reports = Reports()
    for one in audited:
        name = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', readable(one.file.stem))[:60]}-{one.audit.image_sha256[:12]}"
        try:
            data = read_file(one.file)
        except SimilarityError:  # gone since it was audited
            data = b""
        try:
            write_report(one.audit, data, folder=folder, name=name, on_look=on_look)
        except SimilarityError as error:
            reports.refused[one.file] = error
            on_report(one, error)
            continue
        reports.written[one.file] = f"{name}.html"
        on_report(one, None)
    return reports


def entry(one: Audited, *, name: str, report: str = "", why_none: str = "") -> Entry:
    """*one* in words, with a small picture; *why_none* says why its report could not be made."""
    audit = one.audit
    names = [each["artist"] for each in audit.decision.get("candidates", ())] or [audit.artist_name]
    naming = audit.outcome in Audit.NAMING
    return Entry(
        name=readable(name),
        outcome=audit.finding(),
        tone="attention" if naming else "",
        whom=", ".join(wording.short(each) for each in names) if naming else "",
        p="" if audit.p_value is None or audit.outcome == Audit.Outcome.COPY else f"{audit.p_value:.3g}",
        report=report,
        picture=_small(one.file),
        error=_("There is no report: %(why)s") % {"why": why_none} if why_none else audit.error,
    )


def counts(audited: Sequence[Audited]) -> Table:
    """How many pictures had which outcome."""
    found = Counter(str(one.audit.outcome) for one in audited)
    rows = [[str(Audit.Outcome(outcome).label), str(count)] for outcome, count in found.most_common()]
    return Table(_("What was found"), [_("Outcome"), _("Pictures")], rows)


def write_page(page: Page, folder: Path) -> Path:
    """Write *page* as ``index.html``: one file that needs nothing but the reports beside it, and runs nothing.

    Raises ``ReportError`` ``folder_unwritable``.
    """
    facts: dict[str, Any] = {
        "page": page,
        "style": style(),
        "language": get_language(),
        "now": timezone.now(),
    }
    path = folder / INDEX
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.writing")
        unfinished.write_text(render_to_string("audits/folder.html", facts), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        message = _("“%(folder)s” cannot be written: %(why)s.") % {"folder": folder, "why": error.strerror or error}
        raise ReportError("folder_unwritable", message) from error
    return path


def _small(file: Path) -> str:
    """A ``data:`` address, or empty for what cannot be read."""
    try:
        with Image.open(file) as image:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            small = image.convert("RGB")
            small.thumbnail((SIDE, SIDE))
            out = io.BytesIO()
            small.save(out, "WEBP", quality=75)
    except Exception:  # Pillow's readers raise almost anything; the page does without
        return ""
    return f"data:image/webp;base64,{b64encode(out.getvalue()).decode()}"
