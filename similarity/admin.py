"""Artists may be named and described here; works leave through ``withdraw``, so that every index knows."""

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from similarity.enrol import withdraw
from similarity.models import Artist, Audit, Calibration, Embedding, IndexChange, Reference, WithdrawnWork


class WatchOnly(ModelAdmin):
    """Rows that are written by the engine and edited by nobody."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Artist)
class ArtistAdmin(ModelAdmin):
    list_display = ("name", "slug", "born", "died", "created_at")
    search_fields = ("name", "slug", "aliases")
    # What artists decide themselves is written down in the ledger when they do.
    readonly_fields = ("naming", "naming_since", "mining", "mining_text", "withdrawn_at", "created_at")
    list_filter = ("naming", "mining")

    def delete_model(self, request: HttpRequest, obj: Artist) -> None:
        withdraw(Reference.objects.filter(artist=obj))
        obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Artist]) -> None:
        withdraw(Reference.objects.filter(artist__in=queryset))
        queryset.delete()


@admin.register(Reference)
class ReferenceAdmin(ModelAdmin):
    list_display = ("title", "artist", "year", "style", "licence", "created_at")
    list_filter = ("style",)
    list_select_related = ("artist",)
    search_fields = ("title", "artist__name", "sha256")
    # Whose work it is is written in the index: another artist means withdrawing and importing again.
    readonly_fields = ("artist", "sha256", "leaving_since", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Reference) -> None:
        withdraw(Reference.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> None:
        withdraw(Reference.objects.filter(pk__in=queryset.values("pk")))


@admin.register(WithdrawnWork)
class WithdrawnWorkAdmin(WatchOnly):
    list_display = ("sha256", "artist", "withdrawn_at")
    list_select_related = ("artist",)
    search_fields = ("sha256", "artist__name")


@admin.register(Embedding)
class EmbeddingAdmin(WatchOnly):
    list_display = ("reference", "encoder")
    list_filter = ("encoder",)
    exclude = ("vector",)
    search_fields = ("reference__title", "reference__sha256")
    list_select_related = ("reference",)


@admin.register(IndexChange)
class IndexChangeAdmin(WatchOnly):
    list_display = ("encoder", "number")


@admin.register(Calibration)
class CalibrationAdmin(WatchOnly):
    """Decided on the reviewers' page, where what would change is shown first."""

    list_display = ("domain", "state", "strategy", "artists", "works", "units", "decided_by", "decided_at")
    list_filter = ("state",)
    exclude = ("numbers",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Calibration]:
        rows: QuerySet[Calibration] = super().get_queryset(request).defer("numbers")
        return rows


@admin.register(Audit)
class AuditAdmin(WatchOnly):
    list_display = ("outcome", "owner", "artist_name", "score", "p_value", "references", "seconds", "created_at")
    list_filter = ("outcome", "created_at")
    exclude = ("vector",)
    list_select_related = ("owner",)
    search_fields = ("image_sha256", "artist_name", "subject", "owner__username")
