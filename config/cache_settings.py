"""Which cache ``CACHE_URL`` selects. (``config/cache.py`` needs Redis' library; settings must not.)"""

from typing import Any

ANSWER_SECONDS = 0.5


def passing(cache: dict[str, Any]) -> dict[str, Any]:
    """*cache*, and if it is Redis, the one of ours that keeps nobody waiting."""
    if not cache["BACKEND"].endswith(".RedisCache"):
        return cache
    waits = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
    return {**cache, "BACKEND": "config.cache.PassingRedisCache", "OPTIONS": {**waits, **cache.get("OPTIONS", {})}}
