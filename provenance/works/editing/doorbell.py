"""Ring for a worker when a version waits to be put together. A lost ring is rung again by the sweep."""

from functools import partial
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction

from provenance.works.models import Version

log = structlog.get_logger(__name__)

COMPOSE_TASK = "provenance.works.tasks.compose"


def ring_compose(version: Version) -> None:
    """Ring when the current transaction has committed."""
    transaction.on_commit(partial(_ring, version.pk), robust=True)


def _ring(version_id: UUID) -> None:
    try:
        current_app.tasks[COMPOSE_TASK].apply_async(args=(str(version_id),))
    except Exception as error:  # whatever the transport raises
        log.warning("ring_failed", task=COMPOSE_TASK, error=str(error))
