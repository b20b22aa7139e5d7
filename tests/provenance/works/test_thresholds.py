import pytest

from provenance.ledger.models import Event
from provenance.works import thresholds
from provenance.works.tasks import note_thresholds
from similarity import audit

pytestmark = pytest.mark.django_db


def test_thresholds_are_told_once_and_again_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    note_thresholds()
    note_thresholds()
    assert [event.payload["copy_distance_bits"] for event in Event.objects.all()] == [audit.COPY_DISTANCE]
    assert Event.objects.get().payload["held_for"]["failed"] == "not_judged"

    monkeypatch.setattr(audit, "COPY_DISTANCE", 99)
    note_thresholds()
    assert Event.objects.latest("sequence").payload["copy_distance_bits"] == 99

    monkeypatch.undo()
    assert thresholds.note_thresholds() is not None
    assert Event.objects.filter(kind="thresholds.in_force").count() == 3
