"""``Idempotency-Key``: a request that is sent again answers what it made the first time.

The key lies on the row it made, unique among its owner's rows of that kind, so the database
decides between two requests that arrive together. Nothing is claimed beforehand: a process that
dies half-way leaves nothing to clean up, and the request can simply be sent again.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")


class Keyed(models.Model):
    """The columns of a row that a repeated request must not make twice.

    The class adds a ``UniqueConstraint`` over its owner and ``idempotency_key``; rows made without
    a key hold NULL, which is unique to no one.
    """

    idempotency_key = models.CharField(max_length=200, null=True, blank=True, editable=False)
    request_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True


class Refuse(Protocol):
    """Makes the caller's own kind of error."""

    def __call__(self, code: str, message: str, *, field: str) -> Exception: ...


Row = TypeVar("Row", bound=Keyed)


@dataclass(frozen=True)
class Once(Generic[Row]):
    """One request to make one row. Made by :func:`once`."""

    mine: "models.QuerySet[Row]"
    key: str | None
    sha256: str
    refuse: Refuse

    @property
    def columns(self) -> dict[str, Any]:
        """What the new row must hold for the next request to find it."""
        return {"idempotency_key": self.key, "request_sha256": self.sha256}

    def earlier(self) -> Row | None:
        """The row this request made before. Raises ``idempotency_conflict`` if its key asked for something else."""
        row = None if self.key is None else self.mine.filter(idempotency_key=self.key).first()
        if row is not None and row.request_sha256 != self.sha256:
            raise self.refuse(
                "idempotency_conflict",
                _("This Idempotency-Key was used for a different request. Use a new key for a new request."),
                field="idempotency_key",
            )
        return row

    def make(self, create: Callable[[], Row]) -> tuple[Row, bool]:
        """Run *create* in a transaction; the row, and whether it is new.

        *create* stores the row with ``columns`` and whatever belongs to it. When another request
        with this key was faster, everything *create* did is undone and that row is answered.
        """
        try:
            with transaction.atomic():
                return create(), True
        except IntegrityError:
            # The faster one is committed, or the database would still have us wait.
            if (row := self.earlier()) is None:
                raise
            return row, False


def once(*, mine: "models.QuerySet[Row]", key: str | None, body: dict[str, Any], refuse: Refuse) -> Once[Row]:
    """A request for one more of *mine* (the asker's rows of that kind), by *key*, if there is one.

    *body* is all that makes two requests the same, as plain JSON values; files by their SHA-256.
    Raises what *refuse* makes of ``bad_idempotency_key``.
    """
    if key and not _KEY.fullmatch(key):
        raise refuse(
            "bad_idempotency_key",
            _("An Idempotency-Key has 1 to 200 printable ASCII characters."),
            field="idempotency_key",
        )
    sha256 = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return Once(mine=mine, key=key or None, sha256=sha256, refuse=refuse)
