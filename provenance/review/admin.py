from django.contrib import admin

from provenance.ledger.admin import ReadOnlyAdmin
from provenance.review.models import Case, Decision


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("version", "reason", "opened_at", "ruling")
    list_filter = ("reason", "decision__ruling")
    list_select_related = ("version__work", "decision")

    @admin.display(empty_value="—")
    def ruling(self, case: Case) -> str | None:
        decision = getattr(case, "decision", None)
        return decision.get_ruling_display() if decision else None


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("case", "ruling", "reviewer", "made_at")
    list_filter = ("ruling", "reviewer")
    search_fields = ("reason",)
