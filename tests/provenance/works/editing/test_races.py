"""Two requests at once on one sitting: one wins, the other is told, nothing is doubled."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection

from provenance.ledger.models import Event
from provenance.works.editing.commit import commit
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.sittings import begin
from provenance.works.editing.steps import take_step
from provenance.works.errors import WorkError
from provenance.works.models import Version

pytestmark = pytest.mark.django_db(transaction=True)


def together(work: Callable[[int], object], *, count: int = 4) -> list[str]:
    """Run *work* in threads that start as one; what each came to: ``ok`` or an error's code."""
    gate, found = threading.Barrier(count), [""] * count

    def run(number: int) -> None:
        try:
            gate.wait(timeout=20)
            work(number)
            found[number] = "ok"
        except WorkError as error:
            found[number] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(found)


@pytest.fixture
def open_sitting(parent: Version, creator: User) -> Sitting:
    return begin(parent=parent, owner=creator)[0]


def flip(sitting: Sitting, *, revision: int, key: str | None = None) -> None:
    row = Sitting.objects.get(pk=sitting.pk)
    take_step(sitting=row, revision=revision, operation="flip", parameters={"axis": "vertical"}, idempotency_key=key)


def test_of_four_steps_on_one_revision_one_is_taken(open_sitting: Sitting) -> None:
    assert together(lambda _n: flip(open_sitting, revision=0)) == ["ok", *["stale_revision"] * 3]
    assert Edit.objects.count() == 1
    assert Sitting.objects.get().revision == 1


def test_one_step_sent_four_times_is_taken_once_and_answered_each_time(open_sitting: Sitting) -> None:
    assert together(lambda _n: flip(open_sitting, revision=0, key="once")) == ["ok"] * 4
    assert Edit.objects.count() == 1


def test_four_commits_make_one_version(open_sitting: Sitting) -> None:
    flip(open_sitting, revision=0)
    assert together(lambda _n: commit(Sitting.objects.get(pk=open_sitting.pk), revision=1)) == ["ok"] * 4
    assert Version.objects.count() == 2
    assert Event.objects.filter(kind="sitting.committed").count() == 1
    assert Sitting.objects.get().version == Version.objects.get(number=2)
