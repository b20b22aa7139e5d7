"""Works, their versions, and the credential each published version carries."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generation.leases import Leased, LeasedQuerySet
from generation.models import Output
from idempotency.once import Keyed
from provenance.ledger.append_only import AppendOnly, AppendOnlyQuerySet
from provenance.works.titles import validate_title
from similarity.models import Audit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class WorkQuerySet(models.QuerySet["Work"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("works.view_work"):  # type: ignore[union-attr]
            return self
        return self.filter(owner_id=user.pk)


class Work(models.Model):
    """What a person is making: an owner, a title, and a lineage of versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="works")
    title = models.CharField(_("title"), max_length=200, validators=[validate_title])
    job = models.OneToOneField(
        "generation.Job", null=True, blank=True, on_delete=models.PROTECT, help_text=_("The job it began with.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title


class VersionQuerySet(LeasedQuerySet):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("works.view_version"):  # type: ignore[union-attr]
            return self
        return self.filter(work__owner_id=user.pk)

    def shown_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Those whose picture *user* may look at: published ones of their own; for reviewers every signed one."""
        if user.has_perm("review.decide_case"):  # type: ignore[union-attr]
            return self.filter(status__in=Version.SEALED)
        return self.visible_to(user).filter(status=Version.Status.PUBLISHED)


class Version(Leased):
    """One image in the lineage.

    ::

        edited ──compose──► rendered ──audit──► audited ──seal──► published
          │                    │                  │         └──► held ──decision──► published | refused
          └────────────────────┴──────────────────┴────────────► failed

    A model's picture begins as ``rendered``, a sitting or an upload as ``edited``. Every stage runs
    under a lease. Published and held versions always have a signed file (a database constraint),
    and only published ones can be downloaded.
    """

    class Status(models.TextChoices):
        EDITED = "edited", _("waiting to be put together")
        RENDERED = "rendered", _("waiting for the audit")
        AUDITED = "audited", _("waiting to be signed")
        PUBLISHED = "published", _("published")
        HELD = "held", _("held for review")
        REFUSED = "refused", _("refused by a reviewer")
        FAILED = "failed", _("failed")

    OPEN = (Status.EDITED, Status.RENDERED, Status.AUDITED)
    SEALED = (Status.PUBLISHED, Status.HELD, Status.REFUSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(help_text=_("Order within the work, from 1."))
    output = models.OneToOneField(Output, null=True, blank=True, on_delete=models.PROTECT, related_name="version")
    parents = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="children")
    picture = models.CharField(
        max_length=200, blank=True, help_text=_("Key of its pixels before marks, where no output holds them.")
    )

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RENDERED, db_index=True)
    audit = models.OneToOneField(Audit, null=True, blank=True, on_delete=models.PROTECT, related_name="version")
    blob = models.CharField(max_length=200, blank=True, help_text=_("Key of the signed file."))
    sha256 = models.CharField(max_length=64, blank=True, db_index=True, help_text=_("Of the signed file."))
    media_type = models.CharField(max_length=40, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    label = models.CharField(max_length=200, blank=True, help_text=_("The visible label drawn into the signed file."))
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        ordering = ["work", "number"]
        constraints = [
            models.UniqueConstraint(fields=["work", "number"], name="one_version_per_number"),
            models.CheckConstraint(
                condition=~Q(status__in=["published", "held", "refused"]) | (~Q(blob="") & ~Q(sha256="")),
                name="nothing_published_unsigned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work} #{self.number}"

    @property
    def pixels_blob(self) -> str:
        """Key of the PNG that audits and signing begin from: no label, no marks, no credential."""
        return self.output.blob if self.output else self.picture


class CredentialQuerySet(models.QuerySet["Credential"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("works.view_credential"):  # type: ignore[union-attr]
            return self
        return self.filter(version__work__owner_id=user.pk)


class Credential(models.Model):
    """The C2PA manifest bound to a version, and what reading the file back established.

    ::

        timestamp:  (none)            no authority was configured when it was signed
                    taken             signed with a trusted time, or given one since
                    due ──► taken     the authority did not answer; asked again by maintenance
                     └────► impossible  the format does not bear an update manifest
    """

    class Timestamp(models.TextChoices):
        NONE = "", _("none")
        TAKEN = "taken", _("with a trusted time")
        DUE = "due", _("waiting for a trusted time")
        IMPOSSIBLE = "impossible", _("without a trusted time")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="credential")
    manifest_label = models.CharField(max_length=200)
    manifest = models.JSONField(help_text=_("The manifest store as read back from the signed file."))
    signer = models.CharField(max_length=200, help_text=_("Common name of the signing certificate."))
    certificate_sha256 = models.CharField(max_length=64)
    verdict = models.CharField(max_length=12)
    sdk = models.CharField(max_length=60)
    trust_list = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the trust list used."))
    signed_at = models.DateTimeField(auto_now_add=True)
    timestamp = models.CharField(max_length=12, choices=Timestamp.choices, blank=True, default=Timestamp.NONE)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        verbose_name = _("credential")
        ordering = ["-signed_at"]

    def __str__(self) -> str:
        return self.manifest_label


class EarlierFile(models.Model):
    """A signed file of a version before something was added to its credential: still ours, still the same picture."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="earlier_files")
    sha256 = models.CharField(max_length=64, unique=True)
    blob = models.CharField(max_length=200)
    manifest_label = models.CharField(max_length=200)
    until = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("earlier file")

    def __str__(self) -> str:
        return self.sha256[:12]


class PrivatePrompt(models.Model):
    """The words behind a commitment in a version's credential, and the salt that opens it.

    Erasing the row (or its words and salt) leaves credential and ledger whole: the commitment then
    says nothing more.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="private_prompts")
    commitment = models.CharField(max_length=64, unique=True)
    salt = models.BinaryField(max_length=32)
    prompt = models.TextField()
    negative_prompt = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("private prompt")

    def __str__(self) -> str:
        return f"{self.commitment[:12]}…"


class RevealQuerySet(models.QuerySet["Reveal"]):
    def of(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Reveals are their maker's alone: not even reviewers see to whom a prompt was shown."""
        return self.filter(version__work__owner_id=user.pk)


class Reveal(Keyed):
    """Leave for one named recipient to see a version's private prompt, until it expires or is withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="reveals")
    recipient = models.CharField(_("recipient"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = RevealQuerySet.as_manager()

    class Meta:
        verbose_name = _("reveal")
        ordering = ["-created_at"]
        constraints = [
            # A version has one owner, who alone reveals it.
            models.UniqueConstraint(fields=["version", "idempotency_key"], name="one_reveal_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return f"{self.recipient} {self.expires_at:%Y-%m-%d}"


class ExportQuerySet(AppendOnlyQuerySet["Export"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        if user.has_perm("works.view_export"):  # type: ignore[union-attr]
            return self
        return self.filter(version__work__owner_id=user.pk)


class Export(AppendOnly):
    """A published version as a new signed file, made for one place. Never changed, never deleted.

    ``recipe`` is the SHA-256 of everything that decides what the file carries (the profile's fields,
    format, label, language, provider): asked for twice, the same recipe answers the same row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="exports")
    recipe = models.CharField(max_length=64, editable=False)
    profile = models.CharField(_("profile"), max_length=20)
    media_type = models.CharField(_("format"), max_length=40)
    language = models.CharField(_("language"), max_length=20, blank=True)
    labelled = models.BooleanField(_("with the visible label"), default=True)
    label = models.CharField(_("label"), max_length=200, blank=True, help_text=_("Its words, as drawn."))
    prompt_writer = models.CharField(_("prompt written by"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports")
    agreement = models.TextField(_("agreed to"), blank=True)
    agreed_at = models.DateTimeField(_("agreed at"), null=True, blank=True)

    blob = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    bytes = models.PositiveBigIntegerField()
    manifest_label = models.CharField(max_length=200, db_index=True)
    manifest = models.JSONField(help_text=_("The manifest store as read back from the signed file."))
    signer = models.CharField(max_length=200)
    certificate_sha256 = models.CharField(max_length=64)
    verdict = models.CharField(max_length=12)
    sdk = models.CharField(max_length=60)
    trust_list = models.CharField(max_length=64, blank=True)
    timestamped = models.BooleanField(_("with a confirmed time"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "recipe"], name="one_export_per_recipe"),
            models.CheckConstraint(
                condition=Q(agreement="") | Q(agreed_at__isnull=False), name="agreements_have_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} · {self.profile} · {self.media_type}"


# Registers the models of the sub-package with this application; they name these ones by string.
from provenance.works.editing import models as editing_models  # noqa: E402, F401
