"""A running service for each way it can be set up."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.e2e.service import Service

Start = Callable[..., Service]


@pytest.fixture(params=["sqlite and files", "postgres and redis"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Start a prepared service with more settings of the test's own; stopped when the test ends."""
    with contextlib.ExitStack() as stack:
        backend: dict[str, str] = {}
        if request.param == "postgres and redis":
            backend["DATABASE_URL"] = stack.enter_context(servers.postgres())
            backend["CELERY_BROKER_URL"] = stack.enter_context(servers.redis())

        def begin(**settings: str) -> Service:
            service = Service(tmp_path, {**backend, **settings})
            service.manage("prepare")
            stack.callback(service.stop)
            service.start()
            return service

        yield begin
