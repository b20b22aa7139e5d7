from django.contrib import admin

from provenance.reports.models import Report
from similarity.admin import WatchOnly


@admin.register(Report)
class ReportAdmin(WatchOnly):
    list_display = ("audit", "status", "with_picture", "error_code", "created_at")
    list_filter = ("status",)
    exclude = ("document",)
