"""Cases a reviewer must settle, and what they settled."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.leases import Leased, LeasedQuerySet
from provenance.ledger.append_only import AppendOnly, AppendOnlyQuerySet
from provenance.works.models import Version
from similarity.models import Audit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """People see the cases about their own works; whoever may view or decide cases sees all."""
        if user.has_perm("review.decide_case") or user.has_perm("review.view_case"):  # type: ignore[union-attr]
            return self
        return self.filter(version__work__owner_id=user.pk)


class Case(models.Model):
    """Something a reviewer must settle: why a version is held. Open until it has a decision."""

    class Reason(models.TextChoices):
        COPY = "copy", _("the same picture as a known work")
        STYLE = "style", _("resembles an artist's style")
        NOT_JUDGED = "not_judged", _("the comparison could not be made")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="case")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    opened_at = models.DateTimeField(auto_now_add=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        ordering = ["-opened_at"]
        permissions = [("decide_case", "Can decide cases")]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_reason_display()}"


class Decision(AppendOnly):
    """What a reviewer settled, and why."""

    class Ruling(models.TextChoices):
        PUBLISH = "publish", _("publish")
        REFUSE = "refuse", _("refuse")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="decision")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    ruling = models.CharField(max_length=12, choices=Ruling.choices)
    reason = models.TextField(_("reason"))
    made_at = models.DateTimeField(auto_now_add=True)

    objects = AppendOnlyQuerySet["Decision"].as_manager()

    class Meta:
        verbose_name = _("decision")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.get_ruling_display()}: {self.case}"


class SecondAudit(Leased):
    """That a held version shall be audited again, because its audit could not judge it, and what came of it.

    ::

        waiting ──audit──► done       the version has the new audit; the one before stays as a row
           ├─────────────► too_late   the case was decided meanwhile, and keeps what it was decided with
           └─────────────► failed     it was tried too often

    ``done`` says nothing of the outcome: the new audit may have failed, too, and then it can be asked for again.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be audited again")
        DONE = "done", _("audited again")
        TOO_LATE = "too_late", _("decided meanwhile")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="second_audits")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("None when it was asked for on the command line."),
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING, db_index=True)
    before = models.ForeignKey(Audit, on_delete=models.PROTECT, related_name="+")
    after = models.OneToOneField(Audit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        verbose_name = _("second audit")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(status="waiting"), name="one_second_audit_under_way"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_status_display()}"
