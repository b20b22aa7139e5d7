"""Jobs may be watched and cancelled here; what they made is only looked at."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, F, Model, QuerySet, TextField, Value, When
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
    # Also to staff a private prompt is not told, and no search feels for it.
    exclude = ("prompt", "negative_prompt")
    readonly_fields = ("words", "left_out")
    search_fields = ("id", "open_prompt", "owner__username")
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ["cancel_jobs"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        words = Case(When(private_prompt=False, then=F("prompt")), default=Value(""), output_field=TextField())
        jobs: QuerySet[Any] = super().get_queryset(request).annotate(open_prompt=words)
        return jobs

    @admin.display(description=_("prompt"), empty_value="—")
    def words(self, job: Job) -> str | None:
        return None if job.private_prompt else job.prompt

    @admin.display(description=_("negative prompt"), empty_value="—")
    def left_out(self, job: Job) -> str | None:
        return None if job.private_prompt else job.negative_prompt

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
