from django.contrib import admin

from generation.admin import WatchOnly
from provenance.artists.models import Claim, ClaimDecision, Enrolment


@admin.register(Claim)
class ClaimAdmin(WatchOnly):
    list_display = ("artist_name", "kind", "capacity", "claimant", "status", "created_at")
    list_filter = ("status", "kind", "capacity")
    list_select_related = ("claimant",)
    search_fields = ("artist_name", "claimant__username", "evidence")


@admin.register(ClaimDecision)
class ClaimDecisionAdmin(WatchOnly):
    list_display = ("claim", "ruling", "reviewer", "made_at")
    list_filter = ("ruling", "reviewer")
    list_select_related = ("claim", "reviewer")
    search_fields = ("reason", "claim__artist_name")


@admin.register(Enrolment)
class EnrolmentAdmin(WatchOnly):
    list_display = ("title", "artist_name", "by", "sha256", "created_at")
    list_select_related = ("by",)
    search_fields = ("title", "artist_name", "sha256", "by__username")
