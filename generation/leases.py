"""Leases: how a row is worked on by exactly one process at a time, whatever dies.

A row that needs work is *claimed* by one conditional UPDATE that stores an owner and a time until
which the claim holds. The owner extends it (``beat``), and ends it with ``finish``, which is
fenced: it only takes effect while the claim is still the owner's. A process that dies simply
stops extending, and after ``settings.LEASE_SECONDS`` anybody may claim the row again. A failed
attempt waits through the same column: a lease that nobody owns (``retry_later``).

Delivery is therefore at least once, and completion exactly once.
"""

import os
import random
import socket
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

RETRY_BASE_SECONDS = 2.0
RETRY_CAP_SECONDS = 300.0


def new_owner() -> str:
    """A name no other claim has: host, process, and a random part for each piece of work."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def retry_delay(attempts: int) -> float:
    """Seconds to wait after the *attempts*-th failure: exponential with full jitter, capped."""
    return random.uniform(0.5, 1.0) * min(RETRY_CAP_SECONDS, RETRY_BASE_SECONDS * 2.0 ** max(attempts - 1, 0))


class LeasedQuerySet(models.QuerySet[Any]):
    """Claim, extend and finish. Every method is one UPDATE and answers whether it took effect."""

    def claimable(self, statuses: Iterable[str]) -> Self:
        """Rows in one of *statuses* that nobody holds now."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())
        return self.filter(free, status__in=list(statuses))

    def claim(self, pk: object, *, owner: str, statuses: Iterable[str], **changes: Any) -> bool:
        claimed = self.claimable(statuses).filter(pk=pk)
        return claimed.update(lease_owner=owner, lease_until=lease_end(), attempts=F("attempts") + 1, **changes) == 1

    def beat(self, pk: object, *, owner: str, **changes: Any) -> bool:
        """Extend the lease; False means it was lost and the work must stop."""
        return self.filter(pk=pk, lease_owner=owner).update(lease_until=lease_end(), **changes) == 1

    def finish(self, pk: object, *, owner: str, **changes: Any) -> bool:
        """End the stage with *changes*; False means somebody else holds the row: write nothing."""
        held = self.filter(pk=pk, lease_owner=owner)
        return held.update(lease_owner="", lease_until=None, attempts=0, **changes) == 1

    def retry_later(self, pk: object, *, owner: str, attempts: int, **changes: Any) -> bool:
        """Give the row back, to be claimed again after a back-off."""
        wait = timezone.now() + timedelta(seconds=retry_delay(attempts))
        return self.filter(pk=pk, lease_owner=owner).update(lease_owner="", lease_until=wait, **changes) == 1


class Leased(models.Model):
    """The columns of a row that is worked on under a lease. The class adds its own ``status``."""

    lease_owner = models.CharField(max_length=80, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
