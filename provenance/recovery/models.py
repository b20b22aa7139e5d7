"""The registry: what every sealed picture is known by once its metadata is gone."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RegisteredPicture(models.Model):
    """Fingerprints of one sealed file, written in the transaction that seals it. Never changed.

    ``subject`` is the version a match is answered with, ``source`` the row whose file this is (the
    version itself, or an export of it): plain identifiers, because recovery knows neither.
    """

    class Kind(models.TextChoices):
        VERSION = "version", _("version")
        EXPORT = "export", _("export")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    source = models.UUIDField(unique=True, help_text=_("Whose file it is."))
    subject = models.UUIDField(db_index=True, help_text=_("The version a match is answered with."))
    blob = models.CharField(max_length=200, help_text=_("Key of the file."))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    image_code = models.BinaryField(max_length=32, help_text=_("ISCC image-code body, 256 bits."))
    features = models.BinaryField(help_text=_("Local features under visual words, 14 bytes each."))
    words = models.CharField(max_length=64, help_text=_("SHA-256 of the vocabulary the features are filed under."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("registered picture")
        verbose_name_plural = _("registered pictures")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source}"
