"""The ledger: what happened, in order, each event holding the hash of the one before it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One entry of the append-only chain. ``key`` makes recording the same fact twice impossible."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=80, db_index=True)
    actor = models.CharField(max_length=150, blank=True)
    payload = models.JSONField()
    at = models.CharField(max_length=40, help_text=_("ISO 8601, UTC, as hashed."))
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("ledger event")
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} {self.subject}"
