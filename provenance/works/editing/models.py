"""Sittings, their steps, and the map of whose hand each pixel of a version shows last."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from idempotency.once import Keyed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# Time in which nothing was seen to happen counts up to here; a longer gap is a break and counts nothing.
IDLE = timedelta(minutes=2)


class SittingQuerySet(models.QuerySet["Sitting"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("works.view_sitting"):  # type: ignore[union-attr]
            return self
        return self.filter(owner_id=user.pk)


class Sitting(Keyed):
    """A person working on one parent version, until it becomes a new version or is given up.

    ::

        open ──commit──► committed   (version exists, and goes through compose, audit and seal)
          └───abandon──► abandoned   (its steps stay on record)

    ``revision`` grows with every change. Whoever asks for a change names the revision they saw; one
    conditional UPDATE decides, so that two windows on one sitting cannot overwrite each other.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        COMMITTED = "committed", _("became a version")
        ABANDONED = "abandoned", _("abandoned")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sittings")
    parent = models.ForeignKey("works.Version", on_delete=models.PROTECT, related_name="sittings")
    version = models.OneToOneField(
        "works.Version",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sitting",
        help_text=_("The version it became."),
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN, db_index=True)
    revision = models.PositiveIntegerField(default=0)
    active = models.DurationField(default=timedelta, help_text=_("Observed working time, breaks cut out."))
    claimed_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Working time as its owner states it.")
    )
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text=_("When something was last seen to happen."))
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SittingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sitting")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "idempotency_key"], name="one_sitting_per_idempotency_key"),
            models.CheckConstraint(
                condition=Q(status="committed", version__isnull=False)
                | (~Q(status="committed") & Q(version__isnull=True)),
                name="committed_sittings_have_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} {self.started_at:%Y-%m-%d %H:%M}"

    def active_edits(self) -> "models.QuerySet[Edit]":
        """The steps that count, in order."""
        return self.edits.filter(undone=False).order_by("order")


class Edit(Keyed):
    """One step: seen here (*witnessed*), or told by whoever uploaded its result (*declared*).

    ``parameters`` replay the step from the pixels before it. An AI step has a job, and its output once
    the job has ended. A step that was undone stays on record; it can be redone until another follows.
    """

    class Standing(models.TextChoices):
        WITNESSED = "witnessed", _("witnessed")
        DECLARED = "declared", _("declared")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="edits")
    order = models.PositiveIntegerField(help_text=_("Order within the sitting, from 1."))
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.WITNESSED)
    operation = models.CharField(max_length=30)
    parameters = models.JSONField(default=dict)
    undone = models.BooleanField(default=False)

    mask = models.CharField(max_length=200, blank=True, help_text=_("Key of the PNG that shows where it changed."))
    changed = models.FloatField(default=0, help_text=_("Share of the picture's pixels it changed, 0 to 1."))
    box = models.JSONField(null=True, blank=True, help_text=_("Around what changed: x, y, width, height in pixels."))
    width = models.PositiveIntegerField(default=0, help_text=_("Of the picture after it."))
    height = models.PositiveIntegerField(default=0)

    job = models.OneToOneField("generation.Job", null=True, blank=True, on_delete=models.PROTECT, related_name="edit")
    output = models.OneToOneField(
        "generation.Output", null=True, blank=True, on_delete=models.PROTECT, related_name="edit"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("edit")
        ordering = ["sitting", "order"]
        constraints = [
            models.UniqueConstraint(fields=["sitting", "order"], name="one_edit_per_order"),
            models.UniqueConstraint(fields=["sitting", "idempotency_key"], name="one_edit_per_idempotency_key"),
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.order} {self.operation}"

    def parameters_for(self, user: "AbstractBaseUser | AnonymousUser") -> dict[str, Any]:
        """Its parameters as *user* may read them: without the words of somebody else's private prompt."""
        if self.job is not None and self.job.hides_words_from(user):
            return {**self.parameters, "prompt": "", "negative_prompt": ""}
        return dict(self.parameters)

    @property
    def pending(self) -> bool:
        """Whether a model still works on it."""
        return self.job_id is not None and self.output_id is None and not self.undone


class Declaration(models.Model):
    """What was uploaded as a version's child, what its owner says of it, and what we measured ourselves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edit = models.OneToOneField(Edit, on_delete=models.PROTECT, related_name="declaration")
    blob = models.CharField(max_length=200, help_text=_("Key of the file as it came, its own credential included."))
    sha256 = models.CharField(max_length=64, db_index=True)
    media_type = models.CharField(max_length=40)
    description = models.TextField(_("description"), help_text=_("The uploader's claim, in their words."))
    tool = models.CharField(_("tool"), max_length=200, blank=True, help_text=_("The program, as claimed."))
    verdict = models.CharField(max_length=12, help_text=_("What reading the uploaded file's credential established."))
    manifest_label = models.CharField(max_length=200, blank=True)
    names_parent = models.BooleanField(
        default=False, help_text=_("Its own credential, intact, holds the parent's credential.")
    )
    registered = models.BooleanField(
        null=True, help_text=_("Whether it was found to lie on its parent; empty until tried.")
    )
    registration = models.JSONField(default=dict, blank=True, help_text=_("How it lies on its parent, as measured."))

    class Meta:
        verbose_name = _("declaration")

    def __str__(self) -> str:
        return self.sha256[:12]


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("works.view_contribution"):  # type: ignore[union-attr]
            return self
        return self.filter(version__work__owner_id=user.pk)


class Contribution(models.Model):
    """For every pixel of a version, whose hand changed it last. Written once, with the picture."""

    version = models.OneToOneField("works.Version", on_delete=models.PROTECT, related_name="contribution")
    blob = models.CharField(max_length=200, help_text=_("Key of the map, an indexed PNG as large as the picture."))
    shares = models.JSONField(help_text=_("Share of the pixels by kind; they add up to 1."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name = _("contribution map")

    def __str__(self) -> str:
        return str(self.version_id)
