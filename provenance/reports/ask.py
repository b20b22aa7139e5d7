"""Ask for the report of an audit: a row that the similarity queue makes it from."""

import contextlib
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generation import stored_files
from generation.delivery import ring
from provenance.reports.errors import ReportError
from provenance.reports.models import Report
from similarity.models import Audit

MAKE_TASK = "provenance.reports.tasks.make"
# Where pictures lie that were sent for a report, until it is made.
FOLDER = "waiting"
# A picture that no report waits for was left by a process that died; younger ones may be on their way to a row.
LEFT_BEHIND = timedelta(hours=1)


def ask(audit: Audit, *, picture: bytes = b"") -> Report:
    """The report of *audit*: one that is ready or being made, else a new one that waits for its turn.

    Pictures of versions are at hand. Of anything else no picture was kept: without *picture*, the file that was
    audited, its report cannot say what the resemblance rests on. The file is kept until the report is made.
    Raises ``ReportError`` ``nothing_to_report`` when the audit failed, and ``storage_full``.
    """
    if audit.outcome == Audit.Outcome.FAILED:
        raise ReportError(
            "nothing_to_report", _("This picture could not be judged, so there is nothing to report. Audit it again.")
        )
    if (there := newest(audit)) is not None and not _worth_another(there, audit, bool(picture)):
        return there
    report = Report(audit=audit)
    if picture:
        if audit.owner_id is not None:
            stored_files.require_room(audit.owner_id, len(picture), refuse=ReportError)
        report.picture = f"{FOLDER}/{report.pk}"
        default_storage.save(report.picture, ContentFile(picture))
        if audit.owner_id is not None:
            stored_files.note(report.picture, len(picture), owner_id=audit.owner_id)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
            ring(MAKE_TASK, str(report.pk))
    except IntegrityError:  # somebody else asked at the same moment
        if report.picture:
            drop(report.picture)
        theirs = newest(audit)  # under way, or made since
        assert theirs is not None
        return theirs
    return report


def newest(audit: Audit) -> Report | None:
    """The report to show: the one under way, else the last that is ready, else the last."""
    rows: list[Report] = list(Report.objects.filter(audit=audit).order_by("-created_at")[:20])
    for status in (Report.Status.WAITING, Report.Status.READY):
        for row in rows:
            if row.status == status:
                return row
    return rows[0] if rows else None


def tidy() -> int:
    """Remove pictures that no report waits for; how many."""
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    removed = 0
    for name in names:
        key = f"{FOLDER}/{name}"
        if not Report.objects.filter(picture=key).exists():
            with contextlib.suppress(FileNotFoundError):  # its report was made this moment
                if timezone.now() - default_storage.get_modified_time(key) > LEFT_BEHIND:
                    drop(key)
                    removed += 1
    return removed


def drop(picture: str) -> None:
    """The file that was sent is not needed any more."""
    default_storage.delete(picture)
    stored_files.forget(picture)


def _worth_another(report: Report, audit: Audit, picture: bool) -> bool:
    if report.status == Report.Status.WAITING:
        return False
    more_to_say = picture or getattr(audit, "version", None) is not None
    return report.status == Report.Status.FAILED or (more_to_say and not report.with_picture)
