"""The engines this process has loaded. A model is loaded once and stays."""

import gc
import threading

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from generation.engines.base import Engine
from generation.errors import GenerationError

log = structlog.get_logger(__name__)

_engines: dict[tuple[str, str], Engine] = {}
_loading = threading.Lock()


def engine_for(model: str) -> Engine:
    """The engine of *model*, loaded on first use by the class that ``settings.ENGINE`` names.

    Raises what loading raises (see :class:`generation.engines.base.Engine`). Where the memory is
    too small for one more model, the others are let go first.
    """
    key = (settings.ENGINE, model)
    with _loading:
        if key not in _engines:
            try:
                _engines[key] = _load(model)
            except GenerationError as error:
                if error.code != "out_of_memory" or not _engines:
                    raise
                log.info("models_unloaded", models=sorted(name for _engine, name in _engines))
                _engines.clear()
                gc.collect()
                _engines[key] = _load(model)
        return _engines[key]


def _load(model: str) -> Engine:
    engine: Engine = import_string(settings.ENGINE)(model)
    log.info("model_loaded", model=model, weights=engine.identity.weights_sha256[:12])
    return engine
