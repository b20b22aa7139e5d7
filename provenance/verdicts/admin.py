from django.contrib import admin

from generation.admin import WatchOnly
from provenance.verdicts.models import Judgement, TrustListVersion


@admin.register(TrustListVersion)
class TrustListVersionAdmin(WatchOnly):
    list_display = ("kind", "active", "count", "issued", "source", "sha256", "added_at")
    list_filter = ("kind", "active")
    search_fields = ("sha256", "source")


@admin.register(Judgement)
class JudgementAdmin(WatchOnly):
    list_display = ("version", "before", "verdict", "broken", "sdk", "trust_list", "made_at")
    list_filter = ("verdict", "before", "sdk")
    search_fields = ("version__id", "version__sha256")
    list_select_related = ("version__work",)
