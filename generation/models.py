"""Jobs, the images they returned, and the identity of the models that made them."""

import uuid
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generation.leases import Leased, LeasedQuerySet
from idempotency.once import Keyed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class ModelPassport(models.Model):
    """A generator's identity: where it came from, what exactly it is, what it was trained on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200, help_text=_("As people ask for it."))
    source = models.CharField(_("source"), max_length=500, help_text=_("A hub name, or the name of a bundled model."))
    revision = models.CharField(_("revision"), max_length=100, blank=True)
    weights_sha256 = models.CharField(_("weights SHA-256"), max_length=64)
    pipeline = models.CharField(_("pipeline class"), max_length=100)
    scheduler = models.CharField(_("scheduler"), max_length=100)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    training_statement = models.TextField(_("trained on"), blank=True)
    trained_on_artists = models.JSONField(
        default=list, blank=True, help_text=_("Slugs of the artists whose works it learnt from, as far as it says so.")
    )
    default_steps = models.PositiveSmallIntegerField(default=20)
    default_guidance = models.FloatField(default=5.0)
    native_size = models.PositiveIntegerField(default=512, help_text=_("Pixels on a side."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("model passport")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "source", "revision", "weights_sha256", "pipeline", "scheduler"],
                name="one_passport_per_model",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.weights_sha256[:12]}"


class JobQuerySet(LeasedQuerySet):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Owners see their own jobs; whoever may view jobs in general sees all."""
        if user.has_perm("generation.view_job"):  # type: ignore[union-attr]
            return self
        return self.filter(owner_id=user.pk)

    def undelivered(self) -> Self:
        """Ended jobs whose ``on_finish`` task has not yet confirmed."""
        return self.filter(status__in=Job.ENDED, delivered_at__isnull=True).exclude(on_finish="")


class Job(Leased, Keyed):
    """A request to an engine.

    ::

        queued ──claim──► running ──► succeeded        (Outputs exist, all of them)
          ▲                 │  ├────► failed           (error_code, error)
          └──lease ran out──┘  └────► cancelled
        queued ──cancel─────────────► cancelled

    ``cancel_requested`` on a running job is read between steps, and once more by the update that
    ends it: a job that has succeeded when the request arrives stays succeeded, and one whose
    request came first never does.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("rendering")
        SUCCEEDED = "succeeded", _("rendered")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Operation(models.TextChoices):
        TEXT_TO_IMAGE = "text2img", _("picture from words")
        IMAGE_TO_IMAGE = "img2img", _("picture from a picture")
        INPAINT = "inpaint", _("part of a picture drawn anew")

    OPEN = (Status.QUEUED, Status.RUNNING)
    ENDED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    prompt = models.TextField(_("prompt"))
    negative_prompt = models.TextField(_("negative prompt"), blank=True)
    model = models.CharField(_("model"), max_length=200)
    # Text, because seeds are unsigned 64-bit and neither SQL nor JSON readers hold that safely.
    seed = models.CharField(_("seed"), max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    steps = models.PositiveSmallIntegerField(_("steps"))
    guidance = models.FloatField(_("guidance"))
    count = models.PositiveSmallIntegerField(_("count"), default=1)
    operation = models.CharField(
        _("operation"), max_length=10, choices=Operation.choices, default=Operation.TEXT_TO_IMAGE
    )
    source = models.CharField(max_length=200, blank=True, help_text=_("Key of the picture it begins from (PNG)."))
    mask = models.CharField(
        max_length=200, blank=True, help_text=_("Key of the mask (PNG): what is not black may be drawn anew.")
    )
    strength = models.FloatField(
        _("strength"), null=True, blank=True, help_text=_("How far it may go from its source, 0 to 1.")
    )
    private_prompt = models.BooleanField(
        _("private prompt"), default=False, help_text=_("The words are not written into the pictures' credentials.")
    )

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED, db_index=True)
    cancel_requested = models.BooleanField(default=False)
    step = models.PositiveSmallIntegerField(default=0, help_text=_("Steps done so far."))
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    passport = models.ForeignKey(ModelPassport, null=True, blank=True, on_delete=models.PROTECT)
    on_finish = models.CharField(max_length=200, blank=True, help_text=_("Task to ring when the job has ended."))
    delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["owner", "idempotency_key"], name="one_job_per_idempotency_key")]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="jobs_of_owner"),
            models.Index(
                fields=["finished_at"], name="jobs_undelivered", condition=models.Q(delivered_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        words = gettext("private prompt") if self.private_prompt else self.prompt[:60]
        return f"{self.get_status_display()}: {words}"

    def hides_words_from(self, user: "AbstractBaseUser | AnonymousUser") -> bool:
        """Whether *user* learns only that there is a prompt: a private one is its owner's, whatever others may see."""
        return self.private_prompt and self.owner_id != user.pk

    def compatible(self) -> dict[str, Any]:
        """What another job must share to be rendered in the same batch."""
        fields = ("model", "width", "height", "steps", "guidance", "operation", "strength")
        return {name: getattr(self, name) for name in fields}

    def seed_of(self, position: int) -> int:
        """The seed of the job's picture at *position* (from 0): counted up, modulo 2⁶⁴."""
        return (int(self.seed) + position) % 2**64


class StoredFile(models.Model):
    """A file that an account has here: what it counts against ``settings.ACCOUNT_BYTES``."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stored_files")
    key = models.CharField(max_length=200, db_index=True)
    bytes = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("stored file")
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_row_per_file_of_an_account")]

    def __str__(self) -> str:
        return self.key


class OutputQuerySet(models.QuerySet["Output"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("generation.view_output"):  # type: ignore[union-attr]
            return self
        return self.filter(job__owner_id=user.pk)


class Output(models.Model):
    """One image a job returned, chosen or not, with all that is needed to make it again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="outputs")
    position = models.PositiveSmallIntegerField()
    seed = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, db_index=True)
    blob = models.CharField(max_length=200, help_text=_("Key of the unsigned PNG."))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    batch_size = models.PositiveSmallIntegerField(help_text=_("Padded size of the batch it was rendered in."))
    dtype = models.CharField(max_length=20)
    device = models.CharField(max_length=100)
    software = models.JSONField(default=dict, help_text=_("Versions of torch and diffusers."))
    seconds = models.FloatField(help_text=_("Wall time of its batch."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OutputQuerySet.as_manager()

    class Meta:
        verbose_name = _("output")
        ordering = ["job", "position"]
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="one_output_per_position")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.position}"
