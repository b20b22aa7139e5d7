"""By which lists signers are trusted, and what each signed file was found to be, again and again."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from provenance.credentials.trust_file import CAWG, SIGNER, TSA
from provenance.ledger.append_only import AppendOnly, AppendOnlyQuerySet
from provenance.works.models import Version

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class TrustListVersion(models.Model):
    """One published state of a trust list. Kept for good; at most one of each kind is in use."""

    class Kind(models.TextChoices):
        SIGNER = SIGNER, _("signers of credentials")
        TSA = TSA, _("time-stamping authorities")
        CAWG = CAWG, _("identities (CAWG)")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    sha256 = models.CharField(max_length=64, help_text=_("Of the file as published."))
    source = models.CharField(max_length=500, help_text=_("The file or address it came from."))
    form = models.CharField(max_length=4, help_text=_("json or pem"))
    issued = models.CharField(max_length=40, blank=True, help_text=_("As the list says."))
    count = models.PositiveIntegerField(help_text=_("How many certificates."))
    pem = models.TextField()
    active = models.BooleanField(_("in use"), default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("trust list")
        ordering = ["-added_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "sha256"], name="one_row_per_list"),
            models.UniqueConstraint(fields=["kind"], condition=Q(active=True), name="one_list_in_use_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"


class JudgementQuerySet(AppendOnlyQuerySet["Judgement"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("verdicts.view_judgement"):  # type: ignore[union-attr]
            return self
        return self.filter(version__work__owner_id=user.pk)


class Judgement(AppendOnly):
    """What reading a version's signed file established later, with another library or another list.

    The first verdict stands on the :class:`~provenance.works.models.Credential`, as it was at signing.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="judgements")
    verdict = models.CharField(max_length=12)
    broken = models.CharField(max_length=12, blank=True)
    reasons = models.JSONField(default=list, help_text=_("Status codes."))
    sdk = models.CharField(max_length=60)
    trust_list = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the trust list used."))
    before = models.CharField(max_length=12, help_text=_("The verdict before this one."))
    made_at = models.DateTimeField(auto_now_add=True)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        verbose_name = _("judgement")
        ordering = ["version", "id"]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.verdict}"

    @property
    def changed(self) -> bool:
        return self.verdict != self.before
