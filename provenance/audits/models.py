"""Who is told what resembles an artist, and what they were sent."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.leases import Leased, LeasedQuerySet


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
