"""Doorbells: tell workers that there is work, and tell the story's owner that a job has ended.

A ring may be lost, doubled or late: rows are the truth, and the sweep rings again. So a broker
that is away never fails the request that rang it.
"""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone

from generation.broker import quick_sending
from generation.models import Job

log = structlog.get_logger(__name__)

RENDER_TASK = "generation.tasks.render"
# An ended job is left alone for this long before the sweep takes its ring for lost.
GRACE_SECONDS = 5.0


def ring(name: str, *args: str) -> None:
    """Ring a task, by its name, when the current transaction has committed."""
    transaction.on_commit(partial(_ring, name, *args), robust=True)


def ring_render() -> None:
    """Ring for a worker when the current transaction has committed."""
    ring(RENDER_TASK)


def ring_finished(job: Job) -> None:
    """Ring the task named by ``job.on_finish`` when the current transaction has committed."""
    if job.on_finish:
        ring(job.on_finish, str(job.pk))


def _ring(name: str, *args: str, **options: Any) -> bool:
    """Send a task to the queue its name is routed to. Returns whether the broker took it."""
    task = current_app.tasks.get(name)
    if task is None:
        log.error("unknown_task", task=name)
        return False
    try:
        with quick_sending() as quickly:
            task.apply_async(args=args, **quickly, **options)
    except Exception as error:  # whatever the transport raises
        log.warning("ring_failed", task=name, error=str(error))
        return False
    return True


def mark_delivered(job_id: UUID) -> bool:
    """Whether this call is the one that takes delivery of the ended job.

    Called by the receiving task inside the transaction that stores what it made of the job, so
    that both happen or neither.
    """
    ended = Job.objects.filter(pk=job_id, status__in=Job.ENDED, delivered_at__isnull=True)
    return ended.update(delivered_at=timezone.now()) == 1


def ring_waiting(limit: int, *, expires: float) -> int:
    """Ring once for each claimable job, at most *limit* times; rings nobody took in *expires* s are dropped."""
    waiting = Job.objects.claimable(Job.OPEN).values_list("pk", flat=True)[:limit]
    return sum(_ring(RENDER_TASK, expires=expires) for _pk in waiting)


def ring_undelivered(limit: int = 50) -> int:
    """Ring again for ended jobs that nobody has taken delivery of; how many.

    In random order, so that jobs whose receiver always fails do not keep the others from their turn.
    """
    settled = timezone.now() - timedelta(seconds=GRACE_SECONDS)
    jobs = Job.objects.undelivered().filter(finished_at__lt=settled).order_by("?").only("pk", "on_finish")[:limit]
    return sum(_ring(job.on_finish, str(job.pk)) for job in jobs)
