"""Rows that are written once. The database says the same by triggers (``guards.py``)."""

from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from provenance.ledger.errors import LedgerError

Row = TypeVar("Row", bound=models.Model)


def refuse() -> NoReturn:
    raise LedgerError("append_only", _("This is written once: it can be neither changed nor deleted."))


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """A queryset that reads and adds; everything else raises :class:`LedgerError` ``append_only``."""

    def update(self, **fields: Any) -> NoReturn:
        refuse()

    def delete(self) -> NoReturn:
        refuse()

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        refuse()

    def update_or_create(self, *args: Any, **fields: Any) -> NoReturn:
        refuse()


class AppendOnly(models.Model):
    """Saved once, when new; ``save`` of a known row and ``delete`` raise ``append_only``."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            refuse()
        # Without this, a row made by hand with a known key would be written over the old one.
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        refuse()
