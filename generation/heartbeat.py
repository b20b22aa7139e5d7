"""While a worker works on jobs: their leases are kept, their progress written, cancellations noticed."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog
from django.conf import settings
from django.db import OperationalError, connection

from generation.endings import end_cancelled
from generation.errors import Cancelled
from generation.leases import lease_end
from generation.models import Job

log = structlog.get_logger(__name__)

WRITE_SECONDS = 0.25
# A process that lives but has finished no step for this many leases counts as hung.
STALLED_LEASES = 10


class Heartbeat:
    """The jobs one worker holds under one owner name, from claim to end.

    Leases are extended from two places: by :meth:`step`, and by a thread for what takes long
    between steps (loading a model, a slow step, decoding). The thread gives up when nothing has
    moved for ``STALLED_LEASES`` leases, so that a hung worker loses its jobs like a dead one.
    *on_progress* is called each time the rows' ``step`` was written.
    """

    def __init__(self, *, owner: str, jobs: Iterable[Job], on_progress: Callable[[], None] = lambda: None) -> None:
        self.owner = owner
        self._on_progress = on_progress
        self.held: dict[UUID, Job] = {job.pk: job for job in jobs}
        self.ended = 0
        self._moved = self._written = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def step(self, done: Mapping[UUID, int]) -> None:
        """Note the steps *done* per job. Raises ``Cancelled`` when nobody waits for any of them.

        Rows are read and written at most every ``WRITE_SECONDS``. A database that is away for a
        moment stops nothing here: what counts is the fence at the end.
        """
        self._moved = time.monotonic()
        if self._moved - self._written < WRITE_SECONDS:
            return
        self._written = self._moved
        try:
            self._write(done)
        except OperationalError as error:
            log.warning("progress_not_written", error=str(error))
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
        if not self.held:
            raise Cancelled
        self._on_progress()

    def _write(self, done: Mapping[UUID, int]) -> None:
        ours = Job.objects.filter(pk__in=list(self.held), lease_owner=self.owner)
        cancelled = dict(ours.values_list("pk", "cancel_requested"))
        for pk, job in list(self.held.items()):
            if cancelled.get(pk):
                self.ended += end_cancelled(job, owner=self.owner)
                del self.held[pk]
            elif pk not in cancelled or not Job.objects.beat(pk, owner=self.owner, step=done.get(pk, 0)):
                log.warning("lease_lost", job_id=str(pk))
                del self.held[pk]

    def _keep(self) -> None:
        lease = settings.LEASE_SECONDS
        try:
            while not self._stop.wait(lease / 3):
                if time.monotonic() - self._moved > STALLED_LEASES * lease:
                    log.error("stalled", jobs=[str(pk) for pk in self.held])
                    return
                try:
                    ours = Job.objects.filter(pk__in=list(self.held), lease_owner=self.owner)
                    ours.update(lease_until=lease_end())
                except OperationalError as error:
                    log.warning("lease_not_extended", error=str(error))
                    connection.close_if_unusable_or_obsolete()
        finally:
            connection.close()
