from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from generation import blobs
from generation.admin import WatchOnly
from provenance.works.models import Credential, EarlierFile, Export, Version, Work
from provenance.works.verification_text import text_of
from provenance.works.verify import verify


class VersionInline(TabularInline):
    model = Version
    fields = ("number", "status", "sha256", "published_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True


@admin.register(Work)
class WorkAdmin(WatchOnly):
    list_display = ("title", "owner", "created_at")
    list_filter = ("created_at",)
    search_fields = ("title", "owner__username", "id")
    inlines = (VersionInline,)


class ReadNow(WatchOnly):
    """Rows with a signed file: what it says is read when somebody looks."""

    readonly_fields = ("reading",)

    @admin.display(description=_("read just now"), empty_value="—")
    def reading(self, row: Version | Export) -> str | None:
        try:
            said = text_of(verify(blobs.get(row.blob)), name=row.sha256[:12]) if row.blob else None
        except FileNotFoundError:
            return str(_("the file is gone"))
        return said and format_html('<div style="white-space: pre-wrap">{}</div>', said)


@admin.register(Version)
class VersionAdmin(ReadNow):
    list_display = ("work", "number", "status", "audit", "published_at", "error_code")
    list_filter = ("status", "audit__outcome")
    search_fields = ("id", "work__title", "sha256")
    list_select_related = ("work", "audit")


@admin.register(Credential)
class CredentialAdmin(WatchOnly):
    list_display = ("manifest_label", "signer", "verdict", "signed_at")
    list_filter = ("verdict", "signer")
    search_fields = ("manifest_label", "version__id")


@admin.register(Export)
class ExportAdmin(ReadNow):
    list_display = ("version", "profile", "media_type", "label", "by", "agreed_at", "created_at")
    list_filter = ("profile", "media_type", "labelled")
    search_fields = ("id", "version__id", "sha256", "manifest_label")
    list_select_related = ("version__work", "by")


@admin.register(EarlierFile)
class EarlierFileAdmin(WatchOnly):
    list_display = ("version", "sha256", "manifest_label", "until")
    search_fields = ("version__id", "sha256", "manifest_label")
    list_select_related = ("version__work",)


# Registers the rows of the sub-package with this application.
from provenance.works.editing import admin as editing_admin  # noqa: E402, F401
