"""Artists, their works and vectors, the calibrations that let a score decide, and the audits that did."""

import uuid
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from idempotency.once import Keyed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Artist(models.Model):
    """A person with a body of work, and what they decided about it.

    What they decided comes from whoever a reviewer found to be, or to act for, the artist; this engine
    only keeps it and acts on it.
    """

    class Naming(models.TextChoices):
        """Whether pictures may be generated in their name."""

        SILENT = "", _("has not said")
        CONSENTS = "consents", _("agrees")
        REFUSES = "refuses", _("refuses")

    class Mining(models.TextChoices):
        """Whether their works may be mined and trained on. What PLUS and CAWG tell, in three words."""

        SILENT = "", _("has not said")
        ALLOWED = "allowed", _("allowed")
        NOT_ALLOWED = "not_allowed", _("not allowed")
        CONSTRAINED = "constrained", _("allowed under conditions")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=200)
    born = models.SmallIntegerField(_("born"), null=True, blank=True)
    died = models.SmallIntegerField(_("died"), null=True, blank=True)
    aliases = models.JSONField(_("also called"), default=list, blank=True)
    naming = models.CharField(
        _("generation in their name"), max_length=12, choices=Naming.choices, default=Naming.SILENT, blank=True
    )
    naming_since = models.DateTimeField(null=True, blank=True, editable=False)
    mining = models.CharField(
        _("data mining of their works"), max_length=12, choices=Mining.choices, default=Mining.SILENT, blank=True
    )
    mining_text = models.TextField(_("conditions"), blank=True, help_text=_("Or an address where they stand."))
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("All works were withdrawn; nobody else may bring them back.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("artist")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Reference(models.Model):
    """One work of an artist. The picture itself need not be here: its vector and fingerprint are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, related_name="references")
    title = models.CharField(_("title"), max_length=500, blank=True)
    year = models.CharField(_("year"), max_length=40, blank=True)
    style = models.CharField(_("style"), max_length=120, blank=True)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=1000, blank=True)
    sha256 = models.CharField(max_length=64, unique=True, help_text=_("Of the file it was read from."))
    fingerprint = models.BinaryField(
        max_length=32, help_text=_("ISCC image-code body, 256 bits: finds the same picture.")
    )
    picture_kept = models.BooleanField(
        default=False, editable=False, help_text=_("A reduced copy is kept, to be laid over possible copies.")
    )
    leaving_since = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        db_index=True,
        help_text=_("The artist withdrew it; the next maintenance run removes it."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reference")
        ordering = ["artist", "title"]
        indexes = [models.Index(fields=["id"], condition=models.Q(picture_kept=True), name="references_with_pictures")]

    def __str__(self) -> str:
        return self.title or str(self.id)


class WithdrawnWork(models.Model):
    """A file its artist took out of the collection: no import brings it back, only the artist.

    All that is left of it is the SHA-256 of the file.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    artist = models.ForeignKey(Artist, null=True, on_delete=models.SET_NULL, related_name="withdrawn_works")
    withdrawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("withdrawn work")

    def __str__(self) -> str:
        return self.sha256[:12]


class Embedding(models.Model):
    """A reference as one encoder sees it: a unit vector kept as little-endian float16 bytes."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="embeddings")
    encoder = models.CharField(max_length=64, help_text=_("Encoder fingerprint (SHA-256)."))
    vector = models.BinaryField()

    class Meta:
        verbose_name = _("embedding")
        constraints = [models.UniqueConstraint(fields=["reference", "encoder"], name="one_vector_per_encoder")]

    def __str__(self) -> str:
        return f"{self.reference_id} by {self.encoder[:12]}"


class IndexChange(models.Model):
    """How often the vectors of an encoder have changed: the watermark an index file is checked against.

    It is raised in the transaction that changes the vectors, under the row's lock, so that a
    reader never sees the number before the vectors (docs/decisions/0002).
    """

    encoder = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("index watermark")

    def __str__(self) -> str:
        return f"{self.encoder[:12]}: {self.number}"


class CalibrationQuerySet(models.QuerySet["Calibration"]):
    def light(self) -> Self:
        """Without the arrays, which lists do not need."""
        return self.defer("numbers")

    def active(self, *, encoder: str, domain: str) -> "Calibration | None":
        """The one in force, if any."""
        return self.filter(encoder=encoder, domain=domain, state=Calibration.State.ACCEPTED).first()


class Calibration(models.Model):
    """From which score on a resemblance is told, for one encoder and one domain. Its content never changes.

    ::

        draft ──accept──► accepted ──another is accepted──► retired
          └────reject───► rejected

    A *domain* is a population of pictures: ``uploads``, works of artists who are not known here, or
    ``generated:WEIGHTS_SHA256``, what that very model makes when it is asked for nobody's style.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ACCEPTED = "accepted", _("in force")
        RETIRED = "retired", _("was in force")
        REJECTED = "rejected", _("rejected")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    encoder = models.CharField(max_length=64, help_text=_("Encoder fingerprint (SHA-256)."))
    domain = models.CharField(_("domain"), max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    strategy = models.CharField(max_length=10, help_text=_("How scores of different artists are made comparable."))
    thresholds = models.JSONField(default=list, help_text=_("One for each level, with what it guarantees."))
    figures = models.JSONField(default=dict, help_text=_("What was measured on the way."))
    generator = models.JSONField(default=dict, blank=True, help_text=_("The model whose pictures were used, if any."))
    cohort = models.CharField(max_length=64, help_text=_("SHA-256 over the works that scores are compared with."))
    works = models.PositiveIntegerField(help_text=_("How many works the cohort holds."))
    artists = models.PositiveIntegerField(help_text=_("How many artists they are by."))
    units = models.PositiveIntegerField(help_text=_("Independent units: pictures of a model, or artists."))
    numbers = models.BinaryField(help_text=_("Arrays (.npz): the cohort, scales, scores, vectors."))
    sha256 = models.CharField(max_length=64, help_text=_("Over all that decides."))
    previous = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, help_text=_("In force when this one was made.")
    )
    reason = models.TextField(_("reason"), blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CalibrationQuerySet.as_manager()

    UPLOADS = "uploads"
    GENERATED = "generated:"

    class Meta:
        verbose_name = _("calibration")
        ordering = ["-created_at"]
        permissions = [("decide_calibration", "Can put calibrations into force, or lay them aside")]
        constraints = [
            models.UniqueConstraint(
                fields=["encoder", "domain"],
                condition=models.Q(state="accepted"),
                name="one_calibration_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.domain[:24]} {self.sha256[:12]} ({self.get_state_display()})"

    @staticmethod
    def confidence_of(threshold: dict[str, Any]) -> float | None:
        """With which one of ``thresholds`` is bound; None for one that is not. 95 % before that was written down."""
        return threshold.get("confidence", 0.95) if threshold.get("guarantee") == "confident" else None

    def stale_audits(self) -> int:
        """While it is in force: how many audits of its domain an earlier one judged, or none."""
        if self.state != self.State.ACCEPTED:
            return 0
        return Audit.objects.filter(domain=self.domain).stale().count()


class VectorChange(models.Model):
    """What one transaction did to the vectors of an encoder: the log by which readers catch up.

    Numbers are given under the lock of ``IndexChange``, so they are committed in their order. Each
    names the one before it: a reader sees when a link is missing, and starts from the rows.
    """

    encoder = models.CharField(max_length=64)
    number = models.PositiveBigIntegerField()
    previous = models.PositiveBigIntegerField()
    added = models.BinaryField(help_text=_("Ids of references, 16 bytes each."))
    withdrawn = models.BinaryField(help_text=_("Ids of references, 16 bytes each."))

    class Meta:
        verbose_name = _("change of vectors")
        constraints = [models.UniqueConstraint(fields=["encoder", "number"], name="one_change_per_number")]

    def __str__(self) -> str:
        return f"{self.encoder[:12]}: {self.previous} to {self.number}"


class AuditQuerySet(models.QuerySet["Audit"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """People see the audits that are theirs; whoever may view audits in general sees all."""
        if user.has_perm("similarity.view_audit"):  # type: ignore[union-attr]
            return self
        return self.filter(owner_id=user.pk, owner__isnull=False)

    def with_in_force(self) -> Self:
        """Each with ``in_force``, the id of the calibration that judges its domain now: makes ``is_stale`` free."""
        in_force = Calibration.objects.filter(domain=models.OuterRef("domain"), state=Calibration.State.ACCEPTED)
        return self.annotate(in_force=models.Subquery(in_force.order_by("-decided_at").values("pk")[:1]))

    def stale(self) -> Self:
        """Those that the calibration now in force in their domain did not judge, whichever encoder it is for."""
        now = self.exclude(domain="").exclude(outcome=Audit.Outcome.COPY).with_in_force()
        other = models.Q(calibration__isnull=True) | ~models.Q(calibration=models.F("in_force"))
        return now.filter(other, in_force__isnull=False)

    def naming(self, artist: Artist) -> Self:
        """Those whose outcome names *artist*: as the only one, in a group, or as whose work it is the same as."""
        return self.filter(outcome_artists=artist)


class Audit(Keyed):
    """A comparison of one image with everybody's works, with the decision. Never changed afterwards.

    It belongs to whoever asked for it, or whose picture was audited on its way; to nobody when it
    was made on the command line.
    """

    class Outcome(models.TextChoices):
        COPY = "copy", _("the same picture as a known work")
        STYLE_MATCH = "style_match", _("resembles one artist's style")
        AMBIGUOUS = "ambiguous", _("resembles several artists")
        NO_KNOWN_ARTIST = "no_known_artist", _("no artist stands out")
        INSUFFICIENT_REFERENCES = "insufficient_references", _("too few works to compare with")
        NOT_CALIBRATED = "not_calibrated", _("compared, but not calibrated to judge")
        FAILED = "failed", _("could not be judged")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="audits"
    )
    subject = models.UUIDField(
        null=True, blank=True, db_index=True, help_text=_("What was audited, by the asker's id.")
    )
    image_sha256 = models.CharField(max_length=64, db_index=True)
    outcome = models.CharField(max_length=24, choices=Outcome.choices)
    artist = models.ForeignKey(Artist, null=True, blank=True, on_delete=models.SET_NULL, related_name="audits")
    artist_name = models.CharField(max_length=200, blank=True, help_text=_("As it was then."))
    outcome_artists = models.ManyToManyField(
        Artist, blank=True, related_name="audits_naming", help_text=_("Whom the outcome names.")
    )
    score = models.FloatField(
        null=True, blank=True, help_text=_("Mean cosine to the artist's best works; not a probability.")
    )
    works = models.JSONField(default=list, help_text=_("Nearest works, best first."))
    artists = models.JSONField(default=list, help_text=_("Nearest artists, best first."))
    copy_of = models.JSONField(null=True, blank=True, help_text=_("The known work it is the same picture as."))
    named_in_prompt = models.JSONField(default=list, help_text=_("Artists the prompt names."))
    domain = models.CharField(
        max_length=80, blank=True, help_text=_("The population it was judged in; empty of the oldest audits.")
    )
    calibration = models.ForeignKey(Calibration, null=True, blank=True, on_delete=models.PROTECT, related_name="audits")
    p_value = models.FloatField(null=True, blank=True)
    decision = models.JSONField(default=dict, blank=True, help_text=_("What the outcome rests on."))
    vector = models.BinaryField(
        null=True, blank=True, help_text=_("The picture as the encoder saw it: little-endian float32.")
    )
    encoder = models.CharField(max_length=64, blank=True)
    index = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the index searched."))
    references = models.PositiveIntegerField(default=0, help_text=_("How many works it was compared with."))
    artists_compared = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("How many artists those works are by; unknown of the oldest audits.")
    )
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    seconds = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AuditQuerySet.as_manager()

    if TYPE_CHECKING:
        in_force: uuid.UUID | None  # set by ``with_in_force``

    # Of these the artist is part of what was found; of the others only the nearest.
    NAMING = (Outcome.COPY, Outcome.STYLE_MATCH, Outcome.AMBIGUOUS)

    class Meta:
        verbose_name = _("audit")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "idempotency_key"], name="one_audit_per_idempotency_key")
        ]
        indexes = [models.Index(fields=["owner", "-created_at"], name="audits_of_owner")]

    def __str__(self) -> str:
        return f"{self.finding()} ({self.created_at:%Y-%m-%d})"

    def finding(self) -> str:
        """The outcome as people read it; a likely copy that its pixels speak against is told as a possibility."""
        if self.outcome == self.Outcome.COPY and (self.copy_of or {}).get("confirmed") is False:
            return gettext("perhaps the same picture as a known work")
        return str(self.get_outcome_display())

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Stored together with whom the outcome names, so that artists can be told of it."""
        new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if new and self.outcome in self.NAMING:
                self.outcome_artists.add(*self._named())

    def _named(self) -> "list[Artist]":
        group = [candidate["slug"] for candidate in self.decision.get("candidates", ())]
        if self.outcome == self.Outcome.COPY or not group:
            return [self.artist] if self.artist is not None else []
        return list(Artist.objects.filter(slug__in=group))

    @property
    def is_stale(self) -> bool:
        """As ``AuditQuerySet.stale``, of this one. What it says stands; a new audit may say something else."""
        if "in_force" not in self.__dict__:
            return type(self).objects.filter(pk=self.pk).stale().exists()
        compared = self.domain != "" and self.outcome != self.Outcome.COPY
        return compared and self.in_force not in (None, self.calibration_id)

    def compared_with(self) -> str:
        """How much it was compared with, as a sentence."""
        works = ngettext("%(count)s work", "%(count)s works", self.references) % {"count": self.references}
        if self.artists_compared is None:
            return gettext("Compared with %(works)s.") % {"works": works}
        artists = ngettext("%(count)s artist", "%(count)s artists", self.artists_compared)
        artists %= {"count": self.artists_compared}
        return gettext("Compared with %(works)s by %(artists)s.") % {"works": works, "artists": artists}
