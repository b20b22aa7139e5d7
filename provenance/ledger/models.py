"""The ledger: what happened, in order, each event holding the hash of the one before it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from provenance.ledger.append_only import AppendOnly, AppendOnlyQuerySet


class Event(AppendOnly):
    """One entry of the append-only chain. ``key`` makes recording the same fact twice impossible.

    It holds no personal data: ``actor`` and such parts of the payload are commitments, whose values
    lie in :class:`PersonalValue` and can be erased (docs/decisions/0010).
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=80, db_index=True)
    actor = models.CharField(max_length=150, blank=True)
    payload = models.JSONField()
    at = models.CharField(max_length=40, help_text=_("ISO 8601, UTC, as hashed."))
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = AppendOnlyQuerySet["Event"].as_manager()

    class Meta:
        verbose_name = _("ledger event")
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} {self.subject}"


class PersonalValue(models.Model):
    """What a commitment in the chain stands for. Deleting the row leaves the chain whole."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="personal")
    name = models.CharField(max_length=60, help_text=_("The field it belongs to: actor, or a key of the payload."))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="ledger_values",
        help_text=_("Whose data it is."),
    )
    salt = models.CharField(max_length=64)
    value = models.JSONField()

    class Meta:
        verbose_name = _("personal value")
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="one_value_per_field")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.name}"


class CheckpointKey(AppendOnly):
    """A public key that checkpoints are signed with."""

    fingerprint = models.CharField(
        primary_key=True, max_length=64, help_text=_("SHA-256 of the key (SubjectPublicKeyInfo, DER).")
    )
    public_key = models.TextField(help_text=_("Ed25519, PEM."))
    made_at = models.DateTimeField(auto_now_add=True)

    objects = AppendOnlyQuerySet["CheckpointKey"].as_manager()

    class Meta:
        verbose_name = _("checkpoint key")

    def __str__(self) -> str:
        return self.fingerprint[:16]


class Checkpoint(AppendOnly):
    """A signed statement: the ledger had *size* events, and this is the root of their Merkle tree."""

    size = models.PositiveBigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    head = models.CharField(max_length=64, help_text=_("Digest of the last event."))
    body = models.TextField(help_text=_("The text that is signed."))
    signature = models.CharField(max_length=128)
    key = models.ForeignKey(CheckpointKey, on_delete=models.PROTECT, related_name="checkpoints")
    frontier = models.JSONField(help_text=_("Roots of the full subtrees: where the next checkpoint goes on."))
    made_at = models.DateTimeField(auto_now_add=True)

    objects = AppendOnlyQuerySet["Checkpoint"].as_manager()

    class Meta:
        verbose_name = _("checkpoint")
        ordering = ["size"]

    def __str__(self) -> str:
        return f"{self.size}: {self.root[:16]}"


class Subtree(AppendOnly):
    """The root of a full subtree of 256 ** *rank* events, number *place* from 0: what proofs are put together from."""

    rank = models.PositiveSmallIntegerField()
    place = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)

    objects = AppendOnlyQuerySet["Subtree"].as_manager()

    class Meta:
        verbose_name = _("subtree of the ledger")
        constraints = [models.UniqueConstraint(fields=["rank", "place"], name="one_root_per_subtree")]

    def __str__(self) -> str:
        return f"{self.rank}/{self.place}: {self.root[:16]}"
