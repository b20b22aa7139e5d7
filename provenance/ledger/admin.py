"""The ledger in the admin, and the way every row of the story is shown there: to be read."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from provenance.ledger.models import Event


class ReadOnlyAdmin(ModelAdmin):
    """Rows that record what happened: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "at", "kind", "subject", "actor")
    list_filter = ("kind",)
    search_fields = ("subject", "actor")
