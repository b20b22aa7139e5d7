"""A broker that takes the connection and never answers holds nobody up, and its job is done all the same."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.authtoken.models import Token

from config.cache import PassingRedisCache
from config.cache_settings import passing
from generation import broker
from generation.models import Job
from generation.render import render_next


class Hole:
    """A server that accepts every connection and answers none."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self.server.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        for taken in [*self.taken, self.server]:
            taken.close()


@pytest.fixture
def hole(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hole]:
    monkeypatch.setattr(broker, "_away_until", 0.0)
    monkeypatch.setattr(PassingRedisCache, "away_until", 0.0)
    hole = Hole()
    yield hole
    hole.close()


def _post(client: Client, creator: User) -> tuple[Any, float]:
    key = Token.objects.get_or_create(user=creator)[0].key
    began = time.monotonic()
    answer = client.post(
        "/api/v1/jobs/",
        {"prompt": "a harbour"},
        content_type="application/json",
        headers={"Authorization": f"Token {key}"},
    )
    return answer, time.monotonic() - began


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.django_db(transaction=True)
def test_a_request_is_not_held_up_and_its_job_is_done_later(
    client: Client, creator: User, settings: Settings, hole: Hole, scheme: str
) -> None:
    settings.CELERY_BROKER_URL = f"{scheme}://127.0.0.1:{hole.port}/"
    settings.CACHES = {
        "default": passing(
            {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{hole.port}/1"}
        )
    }

    first, first_took = _post(client, creator)
    second, second_took = _post(client, creator)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first_took < 3  # half a second for the cache, one for the broker, and the rest
    assert second_took < 0.5
    assert len(hole.taken) == 2  # each was asked once
    assert render_next() + render_next() == 2
    assert set(Job.objects.values_list("status", flat=True)) == {Job.Status.SUCCEEDED}


def test_readiness_says_so_in_time(
    client: Client, settings: Settings, hole: Hole, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config import health

    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{hole.port}/0"
    monkeypatch.setattr(health, "PROBES", {"broker": health._broker})
    began = time.monotonic()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["parts"]["broker"]["status"]) == (503, "failed")
    assert time.monotonic() - began < 5


def test_after_a_while_the_broker_is_asked_again(
    settings: Settings, hole: Hole, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{hole.port}/0"
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 0.1)
    with pytest.raises(ValueError, match="whatever"), broker.quick_sending():
        raise ValueError("whatever the transport raises")
    with pytest.raises(broker.BrokerAway), broker.quick_sending():
        raise AssertionError("not asked")
    monkeypatch.setattr("generation.broker.time.monotonic", lambda: broker._away_until)

    with broker.quick_sending() as options:
        assert set(options) == {"producer", "retry"}


def test_without_a_server_nothing_is_bounded(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    with broker.quick_sending() as options:
        assert options == {}


def test_a_cache_that_is_away_answers_as_if_empty_and_is_not_asked_twice(settings: Settings, hole: Hole) -> None:
    settings.CACHES = {
        "default": passing(
            {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{hole.port}/1"}
        )
    }

    assert (cache.get("a", 7), cache.add("a", 1), cache.has_key("a")) == (7, True, False)
    cache.set("a", 1)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    assert len(hole.taken) == 1


def test_another_cache_stays_as_it_is() -> None:
    files = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "x"}
    assert passing(files) is files
