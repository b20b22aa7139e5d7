from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from generation.admin import WatchOnly
from provenance.ledger.commitments import ACTOR
from provenance.ledger.models import Checkpoint, CheckpointKey, Event


@admin.register(Event)
class EventAdmin(WatchOnly):
    list_display = ("sequence", "at", "kind", "subject", "who")
    list_filter = ("kind",)
    search_fields = ("subject", "personal__person__username")
    show_full_result_count = False

    @admin.display(description=_("actor"), empty_value="—")
    def who(self, event: Event) -> str | None:
        """The name behind the commitment, while it is there."""
        if not event.actor:
            return None
        row = event.personal.filter(name=ACTOR).first()
        return str(row.value) if row else str(_("erased"))


@admin.register(Checkpoint)
class CheckpointAdmin(WatchOnly):
    list_display = ("size", "made_at", "root", "key")
    search_fields = ("root", "head")


@admin.register(CheckpointKey)
class CheckpointKeyAdmin(WatchOnly):
    list_display = ("fingerprint", "made_at")
    search_fields = ("fingerprint",)
