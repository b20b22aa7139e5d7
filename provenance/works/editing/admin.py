"""Sittings and what came of them, to look at."""

import json

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from generation.admin import WatchOnly
from provenance.works.editing.models import Contribution, Declaration, Edit, Sitting


class EditInline(TabularInline):
    model = Edit
    fields = ("order", "operation", "standing", "undone", "changed", "started_at", "ended_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True


@admin.register(Sitting)
class SittingAdmin(WatchOnly):
    list_display = ("id", "owner", "parent", "status", "version", "active", "claimed_minutes", "started_at", "ended_at")
    list_filter = ("status",)
    list_select_related = ("owner", "parent__work", "version__work")
    search_fields = ("id", "owner__username", "parent__id", "version__id")
    date_hierarchy = "created_at"
    inlines = (EditInline,)


@admin.register(Edit)
class EditAdmin(WatchOnly):
    list_display = ("sitting", "order", "operation", "standing", "undone", "changed", "ended_at")
    list_filter = ("operation", "standing", "undone")
    list_select_related = ("sitting",)
    search_fields = ("id", "sitting__id", "job__id")
    exclude = ("parameters",)
    readonly_fields = ("told_parameters",)

    @admin.display(description=_("parameters"))
    def told_parameters(self, edit: Edit) -> str:
        """Also to staff a private prompt is not told."""
        return json.dumps(edit.parameters_for(AnonymousUser()), ensure_ascii=False)


@admin.register(Declaration)
class DeclarationAdmin(WatchOnly):
    list_display = ("sha256", "media_type", "verdict", "names_parent", "registered", "tool")
    list_filter = ("verdict", "registered", "names_parent")
    search_fields = ("sha256", "edit__sitting__version__id")


@admin.register(Contribution)
class ContributionAdmin(WatchOnly):
    list_display = ("version", "created_at")
    list_select_related = ("version__work",)
    search_fields = ("version__id",)
