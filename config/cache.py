"""A Redis cache that is never in the way: what it cannot answer in time counts as not cached.

Only counts live in the cache (throttles, wrong passwords). While Redis is away nobody is counted,
and nobody is kept waiting for it or refused because of it.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

AWAY_SECONDS = 10.0


def _or(answer: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Ask Redis; answer as given when it fails, and without asking for ``AWAY_SECONDS`` after that."""

    def passing(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def wrapped(self: "PassingRedisCache", *args: Any, **kwargs: Any) -> Any:
            if time.monotonic() >= self.away_until:
                try:
                    return method(self, *args, **kwargs)
                except (RedisError, OSError) as error:
                    PassingRedisCache.away_until = time.monotonic() + AWAY_SECONDS
                    log.warning("cache_away", error=str(error), seconds=AWAY_SECONDS)
            return answer(*args, **kwargs)

        return wrapped

    return passing


def _missing(key: str, *_args: Any, **_kwargs: Any) -> int:
    raise ValueError(f"Key {key!r} not found.")  # as Django's caches do


class PassingRedisCache(RedisCache):
    away_until = 0.0

    add = _or(lambda *_args, **_kwargs: True)(RedisCache.add)
    get = _or(lambda key, default=None, version=None: default)(RedisCache.get)
    set = _or(lambda *_args, **_kwargs: None)(RedisCache.set)
    touch = _or(lambda *_args, **_kwargs: False)(RedisCache.touch)
    delete = _or(lambda *_args, **_kwargs: False)(RedisCache.delete)
    get_many = _or(lambda *_args, **_kwargs: {})(RedisCache.get_many)
    set_many = _or(lambda *_args, **_kwargs: [])(RedisCache.set_many)
    delete_many = _or(lambda *_args, **_kwargs: None)(RedisCache.delete_many)
    has_key = _or(lambda *_args, **_kwargs: False)(RedisCache.has_key)
    incr = _or(_missing)(RedisCache.incr)
    clear = _or(lambda *_args, **_kwargs: False)(RedisCache.clear)
