"""What a worker does as it starts."""

from unittest.mock import Mock

import pytest
from celery.signals import worker_init, worker_process_init

from generation import worker
from generation.errors import GenerationError


def started(queues: list[str]) -> Mock:
    """A worker's main process that listens to *queues*."""
    process = Mock()
    process.app.amqp.queues.consume_from = dict.fromkeys(queues)
    return process


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv(worker._FLAG, "")
    loads: list[str] = []
    monkeypatch.setattr(worker, "engine_for", loads.append)
    return loads


@pytest.mark.parametrize(
    ("queues", "loaded"), [(["gpu"], ["colophon-mini"]), (["cpu", "gpu"], ["colophon-mini"]), (["cpu"], []), ([], [])]
)
def test_only_a_worker_that_renders_loads_the_model(loads: list[str], queues: list[str], loaded: list[str]) -> None:
    worker_init.send(sender=started(queues))
    worker_process_init.send(sender=None)

    assert loads == loaded


@pytest.mark.parametrize("error", [GenerationError("model_not_found", "No such model."), RuntimeError("surprise")])
def test_a_model_that_cannot_be_loaded_does_not_stop_the_worker(
    loads: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(model: str) -> None:
        loads.append(model)
        raise error

    monkeypatch.setattr(worker, "engine_for", fail)
    worker_init.send(sender=started(["gpu"]))

    worker.load_default_model()

    assert loads == ["colophon-mini"]
