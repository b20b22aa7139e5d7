"""The stages every version passes, and the rules they share with whatever else is made under a lease.

A stage is a function that takes a claimed version and returns the row changes that end it. It
may be run twice (the lease ran out while it was slow): only the holder's changes are kept.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from generation.leases import LeasedQuerySet, new_owner
from provenance.works.models import Version

log = structlog.get_logger(__name__)


class Write(Protocol):
    """Runs inside the transaction that ends a stage; what it returns is set on the version."""

    def __call__(self, version: Version) -> dict[str, Any]: ...


class Tried(Protocol):
    """What is asked of a leased row that is tried again: how often it was, and what was said the last time."""

    @property
    def pk(self) -> Any: ...
    @property
    def attempts(self) -> int: ...
    @property
    def error(self) -> str: ...


class LeaseLost(Exception):
    """Somebody else holds the row by now; raised to undo everything this attempt wrote."""


def run_stage(version_id: UUID, *, status: str, work: Callable[[Version], Write]) -> bool:
    """Claim the version if it stands at *status*, do *work*, and write its result under the lease.

    *work* does the slow part outside any transaction (reading, comparing, signing) and returns the
    function that writes. Returns whether this call ended the stage. Errors that carry
    ``permanent`` fail the version at once; anything else gives it back, to be tried again after a
    back-off, and fails it after ``settings.MAX_ATTEMPTS``: so does a version that took its worker
    with it each time, which nobody was left to write down.
    """
    owner = new_owner()
    if not Version.objects.claim(version_id, owner=owner, statuses=[status]):
        return False
    version = Version.objects.select_related("work__owner", "output__job__passport", "audit__artist").get(pk=version_id)
    with structlog.contextvars.bound_contextvars(
        work_id=str(version.work_id), version_id=str(version.pk), stage=status, attempt=version.attempts
    ):
        fail = partial(Version.objects.finish, version.pk, owner=owner, status=Version.Status.FAILED)
        if version.attempts > settings.MAX_ATTEMPTS:
            give_up(version, fail=fail)
            return False
        try:
            with keeping(Version.objects.all(), version.pk, owner=owner):
                write = work(version)
            with transaction.atomic():
                changes = write(version)
                if not Version.objects.finish(version.pk, owner=owner, **changes):
                    raise LeaseLost
        except LeaseLost:
            log.warning("lease_lost")
            return False
        except Exception as error:
            give_back(Version.objects.all(), version, owner=owner, error=error, fail=fail)
            return False
        log.info("stage_ended", status=str(changes.get("status", status)))
    return True


@contextlib.contextmanager
def keeping(rows: LeasedQuerySet, pk: UUID, *, owner: str) -> Iterator[None]:
    """Extend the lease from a thread while the slow part runs: loading an encoder may outlast it.

    It gives up after ten leases, so that work which hangs is tried again by somebody else.
    """
    done = threading.Event()

    def beat() -> None:
        try:
            for _beat in range(30):
                if done.wait(settings.LEASE_SECONDS / 3) or not rows.all().beat(pk, owner=owner):
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def give_up(row: Tried, *, fail: Callable[..., bool]) -> bool:
    """End a row that was tried too often, with what is known of the last time; whether it has ended.

    *fail* sets ``error_code`` and ``error`` with whatever else ends a row of its kind, while its lease is held.
    """
    last = row.error or _("The worker stopped without a word each time.")
    sentence = _("This was tried %(times)d times without success.") % {"times": settings.MAX_ATTEMPTS}
    log.error("stage_failed", code="gave_up")
    return fail(error_code="gave_up", error=f"{sentence} {last}")


def give_back(rows: LeasedQuerySet, row: Tried, *, owner: str, error: Exception, fail: Callable[..., bool]) -> bool:
    """What an *error* means for a row held by *owner*; whether it has ended.

    It ends by *fail* with the error's code where trying again does not help, or was done too often; else it is
    given back, to be tried again after a back-off.
    """
    code = str(getattr(error, "code", "internal_error"))
    # The words of an error we did not foresee may hold anything (paths, say): they go to the log only.
    sentence = (
        str(error)
        if hasattr(error, "code")
        else _("Something unforeseen went wrong (%(kind)s). The operator's log says more.")
        % {"kind": type(error).__name__}
    )
    if getattr(error, "permanent", False) or row.attempts >= settings.MAX_ATTEMPTS:
        log.error("stage_failed", code=code, exc_info=error)
        return fail(error_code=code, error=sentence)
    log.warning("stage_will_be_retried", code=code, exc_info=error)
    rows.retry_later(row.pk, owner=owner, attempts=row.attempts, error_code=code, error=sentence)
    return False


def retry_failed(*, code: str = "") -> int:
    """Put failed versions (those with *code*, or all) back to the stage they failed at; how many.

    For an operator who has mended what made them fail. Their pictures were kept.
    """
    failed = Version.objects.filter(status=Version.Status.FAILED)
    if code:
        failed = failed.filter(error_code=code)
    again = {"attempts": 0, "lease_until": None, "error_code": "", "error": ""}
    with transaction.atomic():
        edited = failed.filter(output__isnull=True, picture="").update(status=Version.Status.EDITED, **again)
        rendered = failed.filter(audit__isnull=True).update(status=Version.Status.RENDERED, **again)
        audited = failed.filter(audit__isnull=False).update(status=Version.Status.AUDITED, **again)
        return edited + rendered + audited


def claimable(statuses: Iterable[str], limit: int) -> list[UUID]:
    """Versions that stand at one of *statuses* with nobody working on them, oldest first."""
    rows = Version.objects.claimable(statuses).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:limit])
