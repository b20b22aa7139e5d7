"""Who says to be, or to act for, an artist; what reviewers found; and the works that came in that way."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from idempotency.once import Keyed
from provenance.ledger.append_only import AppendOnly, AppendOnlyQuerySet
from similarity.models import Artist, Reference

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def is_reviewer(user: "AbstractBaseUser | AnonymousUser") -> bool:
    """Whoever decides cases decides claims: there is one desk."""
    return bool(user.has_perm("review.decide_case"))  # type: ignore[union-attr]


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """People see their own claims; reviewers, and whoever may view claims, all."""
        if is_reviewer(user) or user.has_perm("artists.view_claim"):  # type: ignore[union-attr]
            return self
        return self.filter(claimant_id=user.pk)

    def waiting(self) -> Self:
        return self.filter(status=Claim.Status.WAITING)

    def in_force(self) -> Self:
        """Approved claims to a profile: their claimants decide for the artist."""
        return self.filter(kind=Claim.Kind.PROFILE, status=Claim.Status.APPROVED)

    def standing(self, user: "AbstractBaseUser | AnonymousUser", artist: Artist) -> "Claim | None":
        """The claim by which *user* decides for *artist*, if there is one."""
        if not user.is_authenticated:
            return None
        return self.in_force().filter(claimant_id=user.pk, artist=artist).first()


class Claim(Keyed):
    """Somebody's word that they are, or act for, an artist; or that an artist has further names.

    ::

        waiting ──approve──► approved ──suspend──► suspended ──resume──► approved
           ├─────refuse────► refused
           └─────give up───► given_up

    ``status`` is what the last of the decisions made it; those are append-only. One claim to a profile is
    in force at a time: whoever doubts it has it suspended before another one is approved.
    """

    class Kind(models.TextChoices):
        PROFILE = "profile", _("to be, or to act for, the artist")
        NAMES = "names", _("further names of the artist")

    class Capacity(models.TextChoices):
        ARTIST = "artist", _("I am the artist")
        HEIR = "heir", _("I hold the rights as heir or estate")
        AGENT = "agent", _("I act for the artist")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for a reviewer")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        SUSPENDED = "suspended", _("suspended")
        GIVEN_UP = "given_up", _("given up")

    OPEN = (Status.WAITING, Status.APPROVED, Status.SUSPENDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claimant = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="artist_claims")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PROFILE)
    artist = models.ForeignKey(
        Artist,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="claims",
        help_text=_("None while a new profile is asked for."),
    )
    artist_name = models.CharField(_("name"), max_length=200, help_text=_("As it was then."))
    capacity = models.CharField(max_length=8, choices=Capacity.choices, default=Capacity.ARTIST)
    born = models.SmallIntegerField(_("born"), null=True, blank=True)
    died = models.SmallIntegerField(_("died"), null=True, blank=True)
    aliases = models.JSONField(_("also called"), default=list, blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    links = models.JSONField(_("links"), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["claimant", "idempotency_key"], name="one_claim_per_idempotency_key"),
            models.UniqueConstraint(
                fields=["artist"],
                condition=Q(kind="profile", status="approved"),
                name="one_claim_in_force_per_artist",
            ),
            models.UniqueConstraint(
                fields=["claimant", "artist"],
                condition=Q(kind="profile", status__in=["waiting", "approved", "suspended"]),
                name="one_open_claim_per_person_and_artist",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artist_name}: {self.get_status_display()}"


class ClaimDecision(AppendOnly):
    """What a reviewer decided about a claim, and why. Append-only."""

    class Ruling(models.TextChoices):
        APPROVE = "approve", _("approve")
        REFUSE = "refuse", _("refuse")
        SUSPEND = "suspend", _("suspend")
        RESUME = "resume", _("put in force again")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="decisions")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claim_decisions")
    ruling = models.CharField(max_length=8, choices=Ruling.choices)
    reason = models.TextField(_("reason"))
    made_at = models.DateTimeField(auto_now_add=True)

    objects = AppendOnlyQuerySet["ClaimDecision"].as_manager()

    class Meta:
        verbose_name = _("decision about a claim")
        ordering = ["made_at"]

    def __str__(self) -> str:
        return f"{self.get_ruling_display()}: {self.claim_id}"


class Enrolment(Keyed):
    """A work that came in through a claim, with what its artist stated then. It outlives the work here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="enrolments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments")
    reference = models.ForeignKey(Reference, null=True, on_delete=models.SET_NULL, related_name="enrolments")
    artist_name = models.CharField(max_length=200, help_text=_("As it was then."))
    title = models.CharField(_("title"), max_length=500, blank=True, help_text=_("As it was then."))
    sha256 = models.CharField(max_length=64)
    statement = models.TextField(help_text=_("What was agreed to, word for word."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("enrolment")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["by", "idempotency_key"], name="one_enrolment_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return f"{self.title or self.sha256[:12]}: {self.artist_name}"
