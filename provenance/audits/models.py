"""Who is told what resembles an artist, what they were sent, and audits of many pictures as one."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.leases import Leased, LeasedQuerySet
from idempotency.once import Keyed
from provenance.audits.domains import weights_of
from similarity.models import Audit, Calibration

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Subscription(models.Model):
    """A person who is sent letters about what resembles an artist, for as long as they act for the artist."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions")
    artist = models.ForeignKey("similarity.Artist", on_delete=models.CASCADE, related_name="subscriptions")
    language = models.CharField(max_length=20, help_text=_("Of the letters."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("subscription")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["user", "artist"], name="one_subscription_per_artist")]

    def __str__(self) -> str:
        return f"{self.user}: {self.artist}"


class Digest(Leased):
    """One letter: everything that became known after ``since`` and not after ``until``.

    ::

        due ──send──► sent
         └──► failed    after settings.MAX_ATTEMPTS; the next letter begins where the last sent one ended

    One a day, by a constraint. Windows of one subscription follow each other without gap or overlap,
    so nothing is told twice and nothing is left out. A process that dies between the mail server's
    answer and the row's end sends the same letter again under the same Message-ID, by which mail
    programs know that they have it.
    """

    class Status(models.TextChoices):
        DUE = "due", _("to be sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="digests")
    day = models.DateField(_("day"))
    since = models.DateTimeField()
    until = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DUE, db_index=True)
    count = models.PositiveIntegerField(default=0, help_text=_("How many pictures it told of."))
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        verbose_name = _("digest")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["subscription", "day"], name="one_digest_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.subscription}"


class SetAuditQuerySet(LeasedQuerySet):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """People see what they asked for; whoever may view set audits in general sees all."""
        if user.has_perm("audits.view_setaudit"):  # type: ignore[union-attr]
            return self
        return self.filter(owner_id=user.pk)

    def with_in_force(self) -> Self:
        """Each with ``in_force``, the id of the calibration that judges its domain now: makes ``is_stale`` free."""
        in_force = Calibration.objects.filter(domain=models.OuterRef("domain"), state=Calibration.State.ACCEPTED)
        return self.annotate(in_force=models.Subquery(in_force.order_by("-decided_at").values("pk")[:1]))


class SetAudit(Keyed, Leased):
    """A comparison of many versions as one, with the decision. Belongs to whoever asked for it.

    ::

        waiting ──judge──► judged
           └─────────────► failed    with a code and a sentence

    Which versions it is about is settled when it is asked for, and kept; a newer calibration makes
    it *stale*, never different.
    """

    class Kind(models.TextChoices):
        VERSIONS = "versions", _("chosen pictures")
        PERSON = "person", _("one person's pictures")
        MODEL = "model", _("one model's pictures")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be judged")
        JUDGED = "judged", _("judged")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="set_audits")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=200, blank=True, help_text=_("Of the person or the model, as it was then."))
    versions = models.JSONField(default=list, help_text=_("Ids of the versions it is about, oldest first."))
    left_out = models.PositiveIntegerField(default=0, help_text=_("How many older ones were too many to take in."))
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING, db_index=True)
    outcome = models.CharField(max_length=24, choices=Audit.Outcome.choices, blank=True)
    outcome_artists = models.ManyToManyField(
        "similarity.Artist", blank=True, related_name="set_audits_naming", help_text=_("Whom the outcome names.")
    )
    domain = models.CharField(max_length=80, blank=True)
    calibration = models.ForeignKey(
        "similarity.Calibration", null=True, blank=True, on_delete=models.PROTECT, related_name="set_audits"
    )
    p_value = models.FloatField(null=True, blank=True)
    decision = models.JSONField(default=dict, blank=True, help_text=_("What the outcome rests on."))
    encoder = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    objects = SetAuditQuerySet.as_manager()

    if TYPE_CHECKING:
        in_force: uuid.UUID | None  # set by ``with_in_force``

    class Meta:
        verbose_name = _("set audit")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "idempotency_key"], name="one_set_audit_per_idempotency_key")
        ]
        permissions = [("audit_everybody", "Can judge sets of other people's pictures and of models")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name} ({self.created_at:%Y-%m-%d})"

    @property
    def weights(self) -> str:
        """SHA-256 of the weights of the model whose pictures these are, or empty."""
        return weights_of(self.domain)

    @property
    def is_stale(self) -> bool:
        """Whether another calibration is in force in its domain now. What it says stands."""
        if self.status != self.Status.JUDGED or not self.domain:
            return False
        if "in_force" not in self.__dict__:
            self.in_force = type(self).objects.with_in_force().get(pk=self.pk).in_force
        return self.in_force not in (None, self.calibration_id)
