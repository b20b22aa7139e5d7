"""A pause after wrong passwords: for one account from one address, and for one address that tries many accounts.

Signing in and changing a password, on the pages and in the admin, share the counts. Counted before
the password is looked at and forgotten when it was right. The counts live in the cache that all
processes share, under names of a fixed size that expire: requests that race may win a few tries
more, nothing grows, and who signs in to the same account from elsewhere does not notice. Where the
cache is away nobody is kept out.
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


def typed_name(request: HttpRequest) -> str:
    """Whose password is tried where somebody signs in."""
    return request.POST.get("username", "")


def own_name(request: HttpRequest) -> str:
    """Whose password is tried where somebody is signed in: nothing they send changes that."""
    return request.user.get_username()


def pausing(
    view: Callable[..., HttpResponseBase], *, account: Callable[[HttpRequest], str] = typed_name
) -> Callable[..., HttpResponseBase]:
    """A view that asks for the password of *account*, and answers 429 while a pause lasts.

    Django's views that sign in or change a password, the admin's included.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        counts = _counts(address_of(request), account(request))
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
        if _was_right(answer):
            pair, address = counts
            cache.delete(pair)
            cache.set(address, before[address], REMEMBERED_SECONDS)
        return answer

    return wrapped


def _was_right(answer: HttpResponseBase) -> bool:
    """Signed in, or changed; or the old password was right and only the new one was not."""
    form = (getattr(answer, "context_data", None) or {}).get("form")
    return answer.status_code == 302 or ("old_password" in getattr(form, "cleaned_data", {}))


def _counts(address: str, account: str) -> dict[str, int]:
    """Names of the two counts of this try, and how many tries each has before the first pause."""
    account = unicodedata.normalize("NFKC", account).casefold()
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
