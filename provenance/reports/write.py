"""Write the report of an audit beside others: HTML, PDF and signed JSON of one record."""

from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _

from provenance.reports.errors import ReportError
from provenance.reports.make import record_of
from provenance.reports.page import html_file
from provenance.reports.pdf import pdf_file
from provenance.reports.sign import read, signed
from similarity.models import Audit


def write_report(
    audit: Audit, data: bytes, *, folder: Path, name: str, on_look: Callable[[int], None] = lambda _count: None
) -> list[Path]:
    """Write ``NAME.html``, ``NAME.pdf`` and ``NAME.json`` into *folder*; the paths. *data* are the audited bytes.

    What is there already for the same audit, whole, is kept as it is. Raises ``SimilarityError`` as
    ``report_record``, and ``ReportError`` ``folder_unwritable``.
    """
    paths = [folder / f"{name}.{suffix}" for suffix in ("html", "pdf", "json")]
    if all(path.is_file() for path in paths) and _is_of(paths[-1], audit):
        return paths
    record = record_of(audit, data, on_look=on_look)
    # The JSON last: where it lies, the others do.
    contents = (html_file(record).encode(), pdf_file(record), signed(record).encode())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            unfinished = path.with_name(f".{path.name}.writing")
            unfinished.write_bytes(content)
            unfinished.replace(path)
    except OSError as error:
        message = _("“%(folder)s” cannot be written: %(why)s.") % {"folder": folder, "why": error.strerror or error}
        raise ReportError("folder_unwritable", message) from error
    return paths


def _is_of(path: Path, audit: Audit) -> bool:
    try:
        document = read(path.read_bytes())
    except (ReportError, OSError):
        return False
    return not document.flaw and document.record.get("audit") == str(audit.pk)
