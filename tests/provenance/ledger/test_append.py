"""Events stand or fall with the change they record, and are told once."""

import pytest
from django.db import transaction

from provenance.ledger.append import append
from provenance.ledger.models import Event
from provenance.ledger.verify import verify_ledger


@pytest.mark.django_db
def test_events_form_a_chain() -> None:
    first = append(key="a", kind="x", subject="s", payload={"n": 1})
    second = append(key="b", kind="x", subject="s", payload={"n": 2})
    assert (first.sequence, second.sequence, second.previous) == (1, 2, first.digest)
    assert verify_ledger() == (2, [])


@pytest.mark.django_db
def test_the_same_fact_is_recorded_once() -> None:
    first = append(key="a", kind="x", subject="s", payload={"n": 1})
    again = append(key="a", kind="x", subject="s", payload={"n": 1})
    assert again.pk == first.pk
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_a_row_edited_in_the_database_is_found() -> None:
    append(key="a", kind="x", subject="s", payload={"n": 1})
    append(key="b", kind="x", subject="s", payload={"n": 2})
    Event.objects.filter(sequence=1).update(payload={"n": 99})
    count, breaks = verify_ledger()
    assert (count, [b.sequence for b in breaks]) == (2, [1])


@pytest.mark.django_db(transaction=True)
def test_append_refuses_to_run_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        append(key="a", kind="x", subject="s", payload={})
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_undone_change_leaves_no_event() -> None:
    with pytest.raises(RuntimeError, match="undo"), transaction.atomic():
        append(key="a", kind="x", subject="s", payload={})
        raise RuntimeError("undo")
    assert Event.objects.count() == 0
