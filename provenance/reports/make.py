"""Make the reports that wait: about seventy looks of the encoder, on the similarity queue."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from generation import blobs
from generation.leases import new_owner
from provenance.reports.ask import drop
from provenance.reports.models import Report
from provenance.reports.sign import signed
from provenance.works.stages import LeaseLost, give_back, give_up, keeping
from similarity.models import Audit

if TYPE_CHECKING:
    from similarity.pictures import Picture

log = structlog.get_logger(__name__)
# Progress is written this often at most.
_TOLD_EVERY = 0.3


def make_report(pk: UUID) -> bool:
    """Make the report if it waits; whether this call did. Safe to run twice: only the holder's word is kept."""
    owner = new_owner()
    if not Report.objects.claim(pk, owner=owner, statuses=[Report.Status.WAITING]):
        return False
    row = Report.objects.select_related("audit").get(pk=pk)
    with structlog.contextvars.bound_contextvars(report=str(pk), attempt=row.attempts):
        fail = partial(_end, row, owner, status=Report.Status.FAILED)
        if row.attempts > settings.MAX_ATTEMPTS:
            return give_up(row, fail=fail)
        try:
            with keeping(Report.objects.all(), row.pk, owner=owner):
                found = _made(row, owner)
        except LeaseLost:
            log.warning("lease_lost")
            return False
        except Exception as error:
            return give_back(Report.objects.all(), row, owner=owner, error=error, fail=fail)
        return _end(row, owner, status=Report.Status.READY, error_code="", error="", **found)


def record_of(audit: Audit, picture: bytes, *, on_look: Callable[[int], None] = lambda _count: None) -> dict[str, Any]:
    """The record of *audit*; *picture* are the bytes that were audited, or empty. Raises ``SimilarityError``."""
    from similarity.report import report_record  # brings torch

    return report_record(audit, picture=_decoded(picture), on_look=on_look)


def _made(row: Report, owner: str) -> dict[str, Any]:
    from similarity.report import looks_needed

    picture = _picture_of(row)
    done, told = 0, 0.0
    decoded = _decoded(picture)
    if decoded is not None:
        Report.objects.beat(row.pk, owner=owner, done=0, looks=looks_needed(decoded))

    def looked(count: int) -> None:
        nonlocal done, told
        done += count
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            if not Report.objects.beat(row.pk, owner=owner, done=done):
                raise LeaseLost

    record = record_of(row.audit, picture, on_look=looked)
    return {"document": signed(record), "with_picture": decoded is not None, "done": done}


def _picture_of(row: Report) -> bytes:
    """The bytes that were audited, or empty where nobody kept them."""
    version = getattr(row.audit, "version", None)
    try:
        if version is not None:
            return blobs.get(version.pixels_blob)
        if row.picture:
            with default_storage.open(row.picture, "rb") as file:
                return bytes(file.read())
    except FileNotFoundError:
        log.warning("picture_gone")
    return b""


def _decoded(data: bytes) -> "Picture | None":
    from similarity.pictures import decode

    return decode(data) if data else None


def _end(row: Report, owner: str, **changes: Any) -> bool:
    ended: bool = Report.objects.finish(row.pk, owner=owner, made_at=timezone.now(), picture="", **changes)
    if ended and row.picture:
        drop(row.picture)
    return ended
