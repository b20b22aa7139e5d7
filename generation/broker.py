"""The way to the broker for whoever must not wait: one quick try, and none for a while after it failed.

A request rings after its row is committed. A broker that is away, or takes the connection and
never answers, must not hold the request up: the sweep rings again for what is waiting.
"""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.pools import producers

ANSWER_SECONDS = 1.0
AWAY_SECONDS = 10.0
_REDIS = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS, "max_retries": 0}
_AMQP = {"read_timeout": ANSWER_SECONDS, "write_timeout": ANSWER_SECONDS, "max_retries": 0}
_LIMITS = {"redis": _REDIS, "rediss": _REDIS, "amqp": _AMQP, "amqps": _AMQP}
_away_until = 0.0


class BrokerAway(ConnectionError):
    """It did not answer a moment ago and was not asked again."""


def _limits() -> dict[str, float] | None:
    """Transport options that bound the waiting; None where the broker is no server."""
    return _LIMITS.get(settings.CELERY_BROKER_URL.partition(":")[0])


def quick_connection() -> Connection:
    """A connection that gives up after ``ANSWER_SECONDS`` for each thing it waits for."""
    return current_app.connection_for_write(
        settings.CELERY_BROKER_URL, connect_timeout=ANSWER_SECONDS, transport_options=_limits() or {}
    )


@contextlib.contextmanager
def quick_sending() -> Iterator[dict[str, Any]]:
    """Options for ``apply_async`` that make it try once, and not for long.

    Raises ``BrokerAway`` for ``AWAY_SECONDS`` after a try has failed, in this process.
    """
    global _away_until
    if _limits() is None:
        yield {}
        return
    if time.monotonic() < _away_until:
        raise BrokerAway("the broker did not answer a moment ago; the sweep will ring")
    try:
        with producers[quick_connection()].acquire(block=True, timeout=ANSWER_SECONDS) as producer:
            yield {"producer": producer, "retry": False}
    except Exception:
        _away_until = time.monotonic() + AWAY_SECONDS
        raise
