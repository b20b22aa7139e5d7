"""Checkpoints: signed once, found again, and never over something that does not hold."""

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from provenance.ledger import signing_key
from provenance.ledger.append import append
from provenance.ledger.checkpoint import checkpoint, checkpoint_if_due
from provenance.ledger.errors import LedgerError
from provenance.ledger.examine import signature_holds
from provenance.ledger.models import Checkpoint, CheckpointKey, Event, PersonalValue
from provenance.ledger.verify import signed_of, verify_ledger
from tests.provenance.ledger.ledgers import tree_of


@pytest.fixture(autouse=True)
def own_key(settings: Settings, tmp_path: Path) -> None:
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")


def events(number: int) -> None:
    with transaction.atomic():
        start = Event.objects.count()
        for each in range(start, start + number):
            append(key=f"k{each}", kind="x", subject=f"s{each}", payload={"n": each})


def sql(statement: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


@pytest.mark.django_db
def test_an_empty_ledger_has_none() -> None:
    assert checkpoint() is None
    assert CheckpointKey.objects.count() == 0


@pytest.mark.django_db
def test_each_goes_on_where_the_last_stood() -> None:
    for number in (3, 1, 7):
        events(number)
        made = checkpoint()
        digests = [bytes.fromhex(digest) for digest in Event.objects.values_list("digest", flat=True)]
        assert made is not None
        assert (made.size, made.root, made.head) == (len(digests), tree_of(digests).root().hex(), digests[-1].hex())
        said = json.loads(made.body)
        assert (said["size"], said["root"], said["head"], said["key"]) == (made.size, made.root, made.head, made.key_id)
    report = verify_ledger()
    assert (report.events, report.covered, report.checkpoints, report.breaks) == (11, 11, 3, [])


@pytest.mark.django_db
def test_a_second_call_adds_nothing() -> None:
    events(2)
    assert checkpoint() == checkpoint()
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db
def test_the_key_is_made_once_and_kept_private(settings: Settings) -> None:
    first, second = signing_key.load_or_make(), signing_key.load_or_make()
    assert signing_key.fingerprint(first.public_key()) == signing_key.fingerprint(second.public_key())
    path = Path(settings.LEDGER_KEY)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["ledger.pem"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_an_unreadable_key_is_said_so_and_kept(settings: Settings, content: bytes) -> None:
    Path(settings.LEDGER_KEY).write_bytes(content)
    events(1)
    with pytest.raises(LedgerError) as refused:
        checkpoint()
    assert refused.value.code == "ledger_key_unreadable"
    assert Path(settings.LEDGER_KEY).read_bytes() == content
    assert Checkpoint.objects.count() == 0


@pytest.mark.django_db
def test_a_new_key_goes_on_and_old_checkpoints_still_hold(settings: Settings, tmp_path: Path) -> None:
    events(2)
    first = checkpoint()
    settings.LEDGER_KEY = str(tmp_path / "next.pem")
    events(2)
    second = checkpoint()
    assert first is not None
    assert second is not None
    assert first.key_id != second.key_id
    assert verify_ledger().breaks == []
    believed = {second.key_id: second.key.public_key}
    assert [found.sequence for found in verify_ledger(keys=believed).breaks] == [2]


@pytest.mark.django_db
@pytest.mark.parametrize(("period", "count", "due"), [(600, 5, False), (600, 2, True), (0, 5, True)])
def test_when_one_is_due(settings: Settings, period: float, count: int, due: bool) -> None:
    events(1)
    assert checkpoint_if_due() is not None  # the first events are signed at once
    settings.LEDGER_CHECKPOINT_SECONDS, settings.LEDGER_CHECKPOINT_EVENTS = period, count
    events(2)
    assert (checkpoint_if_due() is not None) is due
    assert Checkpoint.objects.count() == 1 + due


@pytest.mark.django_db
def test_nothing_new_is_never_due(settings: Settings) -> None:
    events(1)
    checkpoint()
    settings.LEDGER_CHECKPOINT_SECONDS = 0
    assert checkpoint_if_due() is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE ledger_event SET kind = 'y' WHERE sequence = 4",
        "DELETE FROM ledger_event WHERE sequence = 4",
        "DELETE FROM ledger_event WHERE sequence >= 3",
        "UPDATE ledger_event SET previous = digest WHERE sequence = 4",
    ],
)
def test_what_does_not_hold_is_not_signed(tamper: str) -> None:
    events(3)
    checkpoint()
    events(3)
    sql(tamper)
    with pytest.raises(LedgerError) as refused:
        checkpoint()
    assert refused.value.code == "ledger_broken"
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db
def test_a_checkpoint_changed_in_the_database_is_found() -> None:
    events(3)
    made = checkpoint()
    assert made is not None
    assert signature_holds(signed_of(made), {made.key_id: made.key.public_key})
    sql("UPDATE ledger_checkpoint SET body = %s", made.body.replace('"size":3', '"size":2'))
    assert [found.reason for found in verify_ledger().breaks] == ["a checkpoint's signature does not hold"]


@pytest.mark.django_db
def test_a_ledger_rewritten_with_its_checkpoints_is_found_by_what_others_kept(
    settings: Settings, tmp_path: Path
) -> None:
    """Given somebody with the database but not the key, and a checkpoint that another person holds."""
    events(3)
    made = checkpoint()
    assert made is not None
    kept, keys = signed_of(made), {made.key_id: made.key.public_key}
    for table in ("checkpoint", "checkpointkey", "event"):
        sql(f"DELETE FROM ledger_{table}")  # noqa: S608
    settings.LEDGER_KEY = str(tmp_path / "forger.pem")
    events(2)
    append(key="forged", kind="x", subject="s", payload={})
    checkpoint()
    assert verify_ledger().breaks == []
    against = verify_ledger(
        kept_elsewhere=(kept,), keys=keys | dict(CheckpointKey.objects.values_list("pk", "public_key"))
    )
    assert [(found.sequence, found.reason) for found in against.breaks] == [
        (3, "does not lead to the checkpoint signed here")
    ]


@pytest.mark.django_db
def test_an_erased_value_is_erased_and_a_changed_one_is_a_break(creator: User) -> None:
    with transaction.atomic():
        append(key="a", kind="x", subject="s", payload={}, actor=creator, personal={"reason": "because"})
    PersonalValue.objects.filter(name="actor").delete()
    report = verify_ledger()
    assert (report.erased, report.breaks) == (1, [])
    PersonalValue.objects.update(value="another reason")
    assert [found.reason for found in verify_ledger().breaks] == ["the value of “reason” does not match its commitment"]


@pytest.mark.django_db
def test_a_value_added_later_is_a_break() -> None:
    event = append(key="a", kind="x", subject="s", payload={"n": 1})
    PersonalValue.objects.create(event=event, name="actor", salt="00", value="ada")
    assert [found.reason for found in verify_ledger().breaks] == ["the value of “actor” belongs to no commitment"]


@pytest.mark.django_db(transaction=True)
def test_writers_and_signers_at_once_make_one_chain() -> None:
    """Given four threads that append and two that sign, then every event and no checkpoint is doubled."""
    errors: list[Exception] = []

    def write(name: int) -> None:
        try:
            for number in range(5):
                with transaction.atomic():
                    append(key=f"{name}-{number}", kind="x", subject="s", payload={"n": number})
        except Exception as error:  # pragma: no cover
            errors.append(error)
        finally:
            connection.close()

    def sign() -> None:
        try:
            for _ in range(4):
                checkpoint()
        except Exception as error:  # pragma: no cover
            errors.append(error)
        finally:
            connection.close()

    threads = [
        *(threading.Thread(target=write, args=[name]) for name in range(4)),
        *(threading.Thread(target=sign) for _ in range(2)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    checkpoint()
    report = verify_ledger()
    assert (report.events, report.covered, report.breaks) == (20, 20, [])
    assert timezone.now() - Checkpoint.objects.latest("size").made_at < timedelta(minutes=5)
