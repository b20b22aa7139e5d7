"""Stop a job: at once while it waits, between two steps while it is rendered."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.delivery import ring_finished
from generation.errors import GenerationError
from generation.models import Job


def cancel(job: Job) -> Job:
    """Cancel *job* and return it as its row now is.

    A waiting job is cancelled when this returns; a running one has ``cancel_requested`` set and
    ends as cancelled, unless its pictures are stored first: the row decides which of the two
    happened, and it is never both. Raises ``GenerationError`` (``already_finished``).
    """
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, status=Job.Status.QUEUED)
        if waiting.update(
            status=Job.Status.CANCELLED,
            cancel_requested=True,
            finished_at=timezone.now(),
            lease_owner="",
            lease_until=None,
        ):
            ring_finished(job)
        # A worker may give a running job back between these two updates, so the flag is set on any
        # open job: whoever claims it next reads it first.
        elif not Job.objects.filter(pk=job.pk, status__in=Job.OPEN).update(cancel_requested=True):
            raise GenerationError("already_finished", _("This job has already ended; there is nothing to cancel."))
    job.refresh_from_db()
    return job
