"""The two stages every version passes, and the rules they share: claim, do, write once.

A stage is a function that takes a claimed version and returns the row changes that end it. It
may be run twice (the lease ran out while it was slow): only the holder's changes are kept.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from generation.leases import new_owner
from provenance.works.models import Version

log = structlog.get_logger(__name__)


class Write(Protocol):
    """Runs inside the transaction that ends a stage; what it returns is set on the version."""

    def __call__(self, version: Version) -> dict[str, Any]: ...


class LeaseLost(Exception):
    """Somebody else holds the version by now; raised to undo everything this attempt wrote."""


def run_stage(version_id: UUID, *, status: str, work: Callable[[Version], Write]) -> bool:
    """Claim the version if it stands at *status*, do *work*, and write its result under the lease.

    *work* does the slow part outside any transaction (reading, comparing, signing) and returns the
    function that writes. Returns whether this call ended the stage. Errors that carry
    ``permanent`` fail the version at once; anything else gives it back, to be tried again after a
    back-off, and fails it after ``settings.MAX_ATTEMPTS``.
    """
    owner = new_owner()
    if not Version.objects.claim(version_id, owner=owner, statuses=[status]):
        return False
    version = Version.objects.select_related("work__owner", "output__job__passport", "audit__artist").get(pk=version_id)
    with structlog.contextvars.bound_contextvars(
        work_id=str(version.work_id), version_id=str(version.pk), stage=status, attempt=version.attempts
    ):
        try:
            write = work(version)
            with transaction.atomic():
                if not Version.objects.finish(version.pk, owner=owner, **write(version)):
                    raise LeaseLost
        except LeaseLost:
            log.warning("lease_lost")
            return False
        except Exception as error:
            _give_back(version, owner=owner, error=error)
            return False
    return True


def _give_back(version: Version, *, owner: str, error: Exception) -> None:
    permanent = bool(getattr(error, "permanent", False))
    code = str(getattr(error, "code", "internal_error"))
    # The words of an error we did not foresee may hold anything (paths, say): they go to the log only.
    sentence = str(error) if hasattr(error, "code") else ""
    if permanent or version.attempts >= settings.MAX_ATTEMPTS:
        log.error("version_failed", code=code, exc_info=error)
        Version.objects.finish(version.pk, owner=owner, status=Version.Status.FAILED, error_code=code, error=sentence)
        return
    log.warning("stage_will_be_retried", code=code, exc_info=error)
    Version.objects.retry_later(version.pk, owner=owner, attempts=version.attempts, error_code=code, error=sentence)


def claimable(statuses: Iterable[str], limit: int) -> list[UUID]:
    """Versions that stand at one of *statuses* with nobody working on them, oldest first."""
    rows = Version.objects.claimable(statuses).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:limit])
