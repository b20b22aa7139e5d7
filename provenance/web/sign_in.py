"""A pause after wrong passwords: for one account from one address, and for one address that tries many accounts.

Counted before the password is looked at and forgotten when it was right. The counts live in the
cache that all processes share, under names of a fixed size that expire: requests that race may
win a few tries more, nothing grows, and who signs in to the same account from elsewhere does not
notice. Where the cache is away nobody is kept out.
"""

import hashlib
import time
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import ngettext

from provenance.web.throttle import address_of

log = structlog.get_logger(__name__)

FREE_TRIES, FREE_TRIES_OF_AN_ADDRESS = 5, 50
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30, 900
REMEMBERED_SECONDS = 3600


def pausing(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A sign-in view (Django's or the admin's) that answers 429 while a pause lasts."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        counts = _counts(request)
        if wait := max(_wait(name) for name in counts):
            log.warning("sign_in_paused", seconds=wait)
            minutes = -(-wait // 60)
            sentence = ngettext(
                "Too many tries. Wait %(minutes)d minute, then try again.",
                "Too many tries. Wait %(minutes)d minutes, then try again.",
                minutes,
            ) % {"minutes": minutes}
            paused = render(request, "web/sign_in_paused.html", {"sentence": sentence}, status=429)
            paused["Retry-After"] = str(wait)
            return paused
        before = {name: _count(name, free) for name, free in counts.items()}
        answer = view(request, *args, **kwargs)
        if answer.status_code == 302:  # signed in
            pair, address = counts
            cache.delete(pair)
            cache.set(address, before[address], REMEMBERED_SECONDS)
        return answer

    return wrapped


def _counts(request: HttpRequest) -> dict[str, int]:
    """Names of the two counts of this try, and how many tries each has before the first pause."""
    address = address_of(request)
    account = unicodedata.normalize("NFKC", request.POST.get("username", "")).casefold()
    names = (f"{address}\n{account}", address)
    pair, alone = (f"sign-in:{hashlib.sha256(name.encode(errors='replace')).hexdigest()}" for name in names)
    return {pair: FREE_TRIES, alone: FREE_TRIES_OF_AN_ADDRESS}


def _wait(name: str) -> int:
    """Whole seconds until this count's pause ends; 0 when there is none."""
    _tries, until = cache.get(name) or (0, 0.0)
    return max(0, -int(-(until - time.time()) // 1))


def _count(name: str, free: int) -> tuple[int, float]:
    """One more try; from the last free one on each sets a pause, twice as long as the one before. What was there."""
    before: tuple[int, float] = cache.get(name) or (0, 0.0)
    tries = before[0] + 1
    pause = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2 ** min(tries - free, 10)) if tries >= free else 0
    cache.set(name, (tries, time.time() + pause), REMEMBERED_SECONDS)
    return before
