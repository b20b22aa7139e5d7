from django.contrib import admin
from unfold.admin import TabularInline

from generation.admin import WatchOnly
from provenance.works.models import Credential, EarlierFile, Export, Version, Work


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


@admin.register(Version)
class VersionAdmin(WatchOnly):
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
class ExportAdmin(WatchOnly):
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
