from django.contrib import admin

from generation.admin import WatchOnly
from provenance.review.models import Case, Decision, SecondAudit


@admin.register(Case)
class CaseAdmin(WatchOnly):
    list_display = ("version", "reason", "opened_at", "ruling")
    list_filter = ("reason", "decision__ruling")
    list_select_related = ("version__work", "decision")

    @admin.display(empty_value="—")
    def ruling(self, case: Case) -> str | None:
        decision = getattr(case, "decision", None)
        return decision.get_ruling_display() if decision else None


@admin.register(Decision)
class DecisionAdmin(WatchOnly):
    list_display = ("case", "ruling", "reviewer", "made_at")
    list_filter = ("ruling", "reviewer")
    search_fields = ("reason",)


@admin.register(SecondAudit)
class SecondAuditAdmin(WatchOnly):
    list_display = ("case", "status", "asked_by", "error_code", "created_at")
    list_filter = ("status",)
