from django.contrib import admin

from generation.admin import WatchOnly
from provenance.audits.models import Digest, SetAudit, Subscription


@admin.register(SetAudit)
class SetAuditAdmin(WatchOnly):
    list_display = ("kind", "name", "owner", "status", "outcome", "created_at")
    list_filter = ("kind", "status", "outcome")
    list_select_related = ("owner",)


@admin.register(Subscription)
class SubscriptionAdmin(WatchOnly):
    list_display = ("artist", "user", "language", "created_at")
    list_select_related = ("artist", "user")


@admin.register(Digest)
class DigestAdmin(WatchOnly):
    list_display = ("day", "subscription", "status", "count", "sent_at")
    list_filter = ("status",)
    list_select_related = ("subscription__user", "subscription__artist")
