"""Jobs may be watched and cancelled here; what they made is only looked at."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from generation.cancel import cancel
from generation.errors import GenerationError
from generation.models import Job, ModelPassport, Output


class WatchOnly(ModelAdmin):
    """Rows that the engine writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(WatchOnly):
    list_display = ("id", "owner", "status", "model", "count", "step", "steps", "created_at", "finished_at")
    list_filter = ("status", "model", "error_code")
    list_select_related = ("owner",)
    search_fields = ("id", "prompt", "owner__username")
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ["cancel_jobs"]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_job")

    @admin.action(description=_("Cancel the chosen jobs"), permissions=["cancel"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[Any]) -> None:
        stopped = 0
        for job in jobs:
            try:
                cancel(job)
            except GenerationError as error:
                self.message_user(request, f"{job.pk}: {error.message}", messages.WARNING)
            else:
                stopped += 1
        if stopped:
            sentence = ngettext("%(count)d job is being cancelled.", "%(count)d jobs are being cancelled.", stopped)
            self.message_user(request, sentence % {"count": stopped}, messages.SUCCESS)


@admin.register(Output)
class OutputAdmin(WatchOnly):
    list_display = ("id", "job", "position", "seed", "width", "height", "device", "created_at")
    list_filter = ("device", "dtype")
    search_fields = ("id", "sha256", "job__id")
    show_full_result_count = False


@admin.register(ModelPassport)
class ModelPassportAdmin(WatchOnly):
    list_display = ("name", "source", "revision", "weights_sha256", "pipeline", "licence", "created_at")
    search_fields = ("name", "source", "weights_sha256")
