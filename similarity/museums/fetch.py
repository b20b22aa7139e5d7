"""Fetch pictures from museums: one question at a time, with a pause, and never the same one twice."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from similarity.artworks import Artwork
from similarity.errors import SimilarityError
from similarity.museums import met
from similarity.museums.ask import Manners, ask
from similarity.museums.kept import Kept
from similarity.museums.problems import FetchProblem
from similarity.pictures import decode, too_large

ATTEMPTS = 4
# Longer waits than this are not sat out: the host is left alone for the rest of the run.
LONGEST_WAIT = 120.0
# So many works in a row without an answer, and the host is left alone too.
PATIENCE = 5

SENTENCES = {
    "bad_address": gettext_lazy("The export gives no web address of the picture."),
    "private_address": gettext_lazy("The picture's address leads into a private network, which is not asked."),
    "too_many_redirects": gettext_lazy("The picture's address leads from one place to the next without end."),
    "not_found": gettext_lazy("The museum's server has no picture there."),
    "forbidden": gettext_lazy("The museum's server does not let this machine in. Run the command again later."),
    "http_error": gettext_lazy("The museum's server does not give the picture away."),
    "bad_answer": gettext_lazy("The museum's server answered with something that is not a picture."),
    "host_not_found": gettext_lazy("The museum's server cannot be found. Run the command again later."),
    "no_answer": gettext_lazy("The museum's server does not answer. Run the command again later."),
    "cut_off": gettext_lazy("The connection broke before the picture was whole. Run the command again later."),
    "too_slow": gettext_lazy("The picture took too long. Run the command again later."),
    "busy": gettext_lazy("The museum's server is busy. Run the command again later."),
    "left_alone": gettext_lazy("The museum's server wants to be left alone for now. Run the command again later."),
    "no_picture": gettext_lazy("The museum offers no picture of this work."),
}


class Fetcher:
    """Fetches into a folder that the next run finds again.

    Raises ``SimilarityError`` for what cannot be had, with the codes above and those of a picture that cannot be
    read. What is not passing is remembered for a week.
    """

    def __init__(
        self, folder: Path, manners: Manners, *, pause: float = 1.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.kept = Kept(folder)
        self.fetched = 0
        self._manners = manners
        self._pause = pause
        self._sleep = sleep
        self._failed: dict[Artwork, SimilarityError] = {}
        self._next: dict[str, float] = {}
        self._silent: dict[str, int] = {}
        self._left_alone: set[str] = set()

    def ahead(self, works: Iterable[Artwork], *, on_fetch: Callable[[int], None]) -> Iterator[Artwork]:
        """*works*, each when its picture is here or cannot be had; *on_fetch* gets how many were fetched so far.

        Whoever takes them one after the other lets one question follow the other.
        """
        for work in works:
            if work.is_elsewhere:
                try:
                    work = replace(work, picture=self._picture(work))
                except SimilarityError as error:
                    self._failed[work] = error
                on_fetch(self.fetched)
            yield work

    def read(self, work: Artwork) -> bytes:
        """The picture of a work that came out of ``ahead``. Raises ``SimilarityError``, as told there."""
        if error := self._failed.pop(work, None):
            raise error
        data = self.kept.get(work.picture)
        if data is None:
            raise _error("cut_off", passing=True)
        return data

    def _picture(self, work: Artwork) -> str:
        """Have the picture at the work's address, or at the one its ``lookup`` names; the address it is kept under."""
        address = work.picture or self._named_by(work.lookup)
        if not address:
            raise _error("no_picture")
        self._have(address, _decoded)
        return address

    def _named_by(self, lookup: str) -> str:
        try:
            told = json.loads(self._have(lookup, _checked_object))
        except ValueError as error:
            raise _error("bad_answer") from error
        return met.picture_in(told) if isinstance(told, dict) else ""

    def _have(self, url: str, check: Callable[[bytes], None]) -> bytes:
        if (data := self.kept.get(url)) is not None:
            return data
        if code := self.kept.failure(url):
            raise _error(code)
        try:
            data = self._asked(url, check)
        except FetchProblem as problem:
            if not problem.passing:
                self.kept.put_failure(url, problem.code)
            raise _error(problem.code, passing=problem.passing, status=problem.status) from problem
        except SimilarityError as error:
            if error.code != "truncated_image":  # a server that gives no length breaks off without saying so
                self.kept.put_failure(url, error.code)
            raise
        self.kept.put(url, data)
        self.fetched += 1
        return data

    def _asked(self, url: str, check: Callable[[bytes], None]) -> bytes:
        asked: list[str] = []

        def before(host: str) -> None:
            asked.append(host)
            if host in self._left_alone:
                raise FetchProblem("left_alone", passing=True, retry=False)
            if (wait := self._next.get(host, 0) - time.monotonic()) > 0:
                self._sleep(wait)
            self._next[host] = time.monotonic() + self._pause

        for attempt in range(1, ATTEMPTS + 1):
            try:
                data = ask(url, self._manners, before=before)
                check(data)
            except FetchProblem as problem:
                last = attempt == ATTEMPTS or not problem.retry
                if problem.passing and problem.code != "left_alone" and asked:
                    self._be_quiet(asked[-1], problem, attempt, last=last)
                if last:
                    raise
            else:
                self._silent.pop(asked[-1], None)
                return data
        raise AssertionError("the last attempt returns or raises")

    def _be_quiet(self, host: str, problem: FetchProblem, attempt: int, *, last: bool) -> None:
        """Do not ask *host* for as long as it wants, or longer each time; leave it alone when that is too long."""
        wait = problem.wait if problem.wait is not None else self._pause * 2**attempt
        self._next[host] = time.monotonic() + max(wait, self._pause)
        self._silent[host] = self._silent.get(host, 0) + last
        if wait > LONGEST_WAIT or self._silent[host] >= PATIENCE:
            self._left_alone.add(host)


def _decoded(data: bytes) -> None:
    decode(data)


def _checked_object(data: bytes) -> None:
    if not data.lstrip().startswith(b"{"):
        raise FetchProblem("bad_answer", passing=True)


def _error(code: str, *, passing: bool = False, status: int | None = None) -> SimilarityError:
    if code == "file_too_large":
        return too_large()
    sentence = SENTENCES.get(code) or _("The picture could not be had last time; it is asked for again after a week.")
    return SimilarityError(code, str(sentence), permanent=not passing, note=f"HTTP {status}." if status else "")
