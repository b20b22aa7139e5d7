"""Events stand or fall with the change they record, are told once, and name nobody."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from provenance.ledger.append import append
from provenance.ledger.commitments import commit, plain
from provenance.ledger.errors import LedgerError
from provenance.ledger.models import Event, PersonalValue
from provenance.ledger.verify import verify_ledger
from tests.factories import make_user


@pytest.mark.django_db
def test_events_form_a_chain() -> None:
    first = append(key="a", kind="x", subject="s", payload={"n": 1})
    second = append(key="b", kind="x", subject="s", payload={"n": 2})
    assert (first.sequence, second.sequence, second.previous) == (1, 2, first.digest)
    report = verify_ledger()
    assert (report.events, report.breaks, report.covered) == (2, [], 0)


@pytest.mark.django_db
def test_the_same_fact_is_recorded_once(creator: User) -> None:
    first = append(key="a", kind="x", subject="s", payload={"n": 1}, actor=creator)
    again = append(key="a", kind="x", subject="s", payload={"n": 1}, actor=creator)
    assert again.pk == first.pk
    assert (Event.objects.count(), PersonalValue.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_row_edited_in_the_database_is_found() -> None:
    append(key="a", kind="x", subject="s", payload={"n": 1})
    append(key="b", kind="x", subject="s", payload={"n": 2})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_event SET payload = %s WHERE sequence = 1", ['{"n": 99}'])
    assert [found.sequence for found in verify_ledger().breaks] == [1]


@pytest.mark.django_db(transaction=True)
def test_append_refuses_to_run_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        append(key="a", kind="x", subject="s", payload={})
    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_rows_refuse_to_be_changed_or_deleted() -> None:
    event = append(key="a", kind="x", subject="s", payload={"n": 1})
    event.kind = "y"
    attempts = (
        event.save,
        event.delete,
        lambda: Event.objects.update(kind="y"),
        lambda: Event.objects.all().delete(),
        lambda: Event.objects.bulk_update([event], ["kind"]),
    )
    for attempt in attempts:
        with pytest.raises(LedgerError) as refused:
            attempt()
        assert refused.value.code == "append_only"
    assert list(Event.objects.values_list("kind", flat=True)) == ["x"]


@pytest.mark.django_db
@pytest.mark.parametrize("by_name", [False, True])
def test_a_person_is_a_commitment_in_the_chain_and_a_value_beside_it(db: None, by_name: bool) -> None:
    creator = make_user("zora")
    event = append(
        key="a",
        kind="x",
        subject="s",
        payload={"n": 1},
        actor=creator.username if by_name else creator,
        personal={"reason": "Because Zora said so."},
    )
    stored = str(list(Event.objects.values()))
    assert "zora" not in stored.lower()
    values = {value.name: value for value in event.personal.all()}
    assert {name: (value.person, value.value) for name, value in values.items()} == {
        "actor": (creator, "zora"),
        "reason": (creator, "Because Zora said so."),
    }
    assert event.actor == "commitment:" + commit(name="actor", salt=values["actor"].salt, value="zora")
    assert event.payload["reason"] == {
        "commitment": commit(name="reason", salt=values["reason"].salt, value="Because Zora said so.")
    }
    assert len({value.salt for value in values.values()}) == 2


@pytest.mark.django_db
def test_values_about_somebody_else_belong_to_them(creator: User, stranger: User) -> None:
    event = append(key="a", kind="x", subject="s", payload={}, actor=creator, personal={"name": "Ben"}, about=stranger)
    assert {value.name: value.person for value in event.personal.all()} == {"actor": creator, "name": stranger}


@pytest.mark.django_db
def test_two_events_of_one_person_cannot_be_told_to_be_theirs(creator: User) -> None:
    first = append(key="a", kind="x", subject="s", payload={}, actor=creator)
    second = append(key="b", kind="x", subject="s", payload={}, actor=creator)
    assert first.actor != second.actor


@pytest.mark.django_db
def test_whatever_a_payload_holds_comes_back_as_it_was_hashed() -> None:
    payload = {"f": 0.1, "big": 2**70, "nul": "a\0b", "half": "\ud800", "list": (1, {"x": None}), "t": True, 5: 1e22}
    append(key="a", kind="x", subject="s", payload=payload)  # type: ignore[arg-type]
    assert Event.objects.get().payload == {
        "f": "0.1",
        "big": 2**70,
        "nul": "ab",
        "half": "?",
        "list": [1, {"x": None}],
        "t": True,
        "5": "1e+22",
    }
    assert verify_ledger().breaks == []


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x, max_size=3))
)
def test_plain_values_stay_plain(value: object) -> None:
    assert plain(plain(value)) == plain(value)
