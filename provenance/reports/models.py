"""Reports of audits: rows that are made in the background, and what came of them."""

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.leases import Leased, LeasedQuerySet
from similarity.models import Audit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class ReportQuerySet(LeasedQuerySet):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> "ReportQuerySet":
        """People see the reports of their own audits; whoever may view reports in general sees all."""
        if user.has_perm("reports.view_report"):  # type: ignore[union-attr]
            return self
        return self.filter(audit__owner_id=user.pk, audit__owner__isnull=False)


class Report(Leased):
    """One report of one audit. What it says never changes; a later one is another row.

    ::

        waiting ──make──► ready
           └────────────► failed    what it needs is not there, or it was tried too often
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be made")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audit = models.ForeignKey(Audit, on_delete=models.PROTECT, related_name="reports")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING, db_index=True)
    picture = models.CharField(
        max_length=200, blank=True, help_text=_("Key of the picture that was sent for it, until it is made.")
    )
    done = models.PositiveSmallIntegerField(default=0, help_text=_("How many of its looks at the picture are taken."))
    looks = models.PositiveSmallIntegerField(default=0, help_text=_("How many it will take; 0 before it is known."))
    with_picture = models.BooleanField(default=False, help_text=_("It shows what the resemblance rests on."))
    document = models.TextField(blank=True, help_text=_("The signed JSON."))
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["audit"], condition=models.Q(status="waiting"), name="one_report_under_way")
        ]

    def __str__(self) -> str:
        return f"{self.audit} ({self.get_status_display()})"
