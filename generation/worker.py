"""A worker of the gpu queue loads the default model as it starts, so that the first job need not wait."""

import os
from typing import Any

import structlog
from celery.signals import worker_init, worker_process_init
from django.conf import settings

from generation.engines.loaded import engine_for
from generation.errors import GenerationError

log = structlog.get_logger(__name__)

# Set by the worker's main process and inherited by its children, however they are started:
# a spawned child does not know which queues its parent listens to.
_FLAG = "COLOPHON_WORKER_RENDERS"


@worker_init.connect
def remember_queues(sender: Any, **_kwargs: Any) -> None:
    os.environ[_FLAG] = "1" if "gpu" in sender.app.amqp.queues.consume_from else ""


@worker_process_init.connect
def load_default_model(**_kwargs: Any) -> None:
    """Runs in every process that will render. A model that cannot be loaded fails its jobs, not the worker."""
    if not os.environ.get(_FLAG):
        return
    try:
        engine_for(settings.MODELS[0])
    except GenerationError as error:
        log.warning("model_not_preloaded", code=error.code, error=error.message)
    except Exception as error:
        log.warning("model_not_preloaded", exc_info=error)
