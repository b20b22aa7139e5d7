from django.contrib import admin

from generation.admin import WatchOnly
from provenance.ledger.models import Event


@admin.register(Event)
class EventAdmin(WatchOnly):
    list_display = ("sequence", "at", "kind", "subject", "actor")
    list_filter = ("kind",)
    search_fields = ("subject", "actor")
