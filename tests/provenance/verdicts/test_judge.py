"""Verdicts are given again when library or list change; a change is added and shown, never written over."""

import threading

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from provenance.credentials.trust_file import SIGNER
from provenance.ledger.errors import LedgerError
from provenance.ledger.models import Event
from provenance.verdicts import judge as judge_module
from provenance.verdicts.judge import Judged, judge_again
from provenance.verdicts.models import Judgement
from provenance.verdicts.tasks import judge_outdated
from provenance.verdicts.trust_lists import drop, use
from provenance.works.models import Credential, Version

pytestmark = pytest.mark.django_db


def changes() -> list[tuple[str, str]]:
    return list(Event.objects.filter(kind="verdict.changed").values_list("payload__before", "payload__verdict"))


def test_nothing_is_read_while_nothing_changed(published: Version) -> None:
    assert judge_again() == Judged(0, 0)
    assert Judgement.objects.count() == 0


def test_a_new_list_gives_a_new_verdict_beside_the_old(published: Version, authority: bytes) -> None:
    row, _ = use(authority, kind=SIGNER, source="x")
    assert judge_again() == Judged(1, 1)
    assert judge_again() == Judged(0, 0)
    made = Judgement.objects.get()
    assert (made.before, made.verdict, made.trust_list, made.changed) == ("valid", "trusted", row.sha256, True)
    credential = Credential.objects.get()
    assert (credential.verdict, credential.trust_list) == ("valid", "")
    assert changes() == [("valid", "trusted")]

    drop(kind=SIGNER)
    assert judge_again() == Judged(1, 1)
    assert list(Judgement.objects.values_list("before", "verdict")) == [("valid", "trusted"), ("trusted", "valid")]
    assert changes() == [("valid", "trusted"), ("trusted", "valid")]


def test_another_library_that_says_the_same_changes_nothing(
    published: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_module, "sdk", lambda: "c2pa-python 9.9, c2pa-rs 9.9")
    assert judge_again() == Judged(1, 0)
    assert Judgement.objects.get().sdk == "c2pa-python 9.9, c2pa-rs 9.9"
    assert changes() == []
    assert judge_again() == Judged(0, 0)


def test_a_file_that_rots_is_noticed(published: Version, authority: bytes) -> None:
    path = default_storage.path(published.blob)
    with open(path, "r+b") as file:  # noqa: PTH123
        file.seek(-40, 2)
        file.write(b"\0\0")
    use(authority, kind=SIGNER, source="x")
    judge_outdated()
    made = Judgement.objects.get()
    assert (made.before, made.verdict, made.broken) == ("valid", "tampered", "pixels")
    assert "assertion.dataHash.mismatch" in made.reasons


def test_a_file_that_is_gone_is_not_intact(published: Version, authority: bytes) -> None:
    default_storage.delete(published.blob)
    use(authority, kind=SIGNER, source="x")
    assert judge_again() == Judged(1, 1)
    assert (Judgement.objects.get().verdict, Judgement.objects.get().reasons) == ("unreadable", ["file_missing"])


def test_judgements_are_written_once(published: Version, authority: bytes) -> None:
    use(authority, kind=SIGNER, source="x")
    judge_again()
    made = Judgement.objects.get()
    made.verdict = "valid"
    for attempt in (made.save, made.delete, lambda: Judgement.objects.update(verdict="valid")):
        with pytest.raises(LedgerError):
            attempt()
    assert Judgement.objects.get().verdict == "trusted"


def test_only_some_at_a_time(published: Version, authority: bytes) -> None:
    use(authority, kind=SIGNER, source="x")
    assert judge_again(limit=0) == Judged(0, 0)
    assert judge_again(limit=1) == Judged(1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_once_judge_once(published: Version, authority: bytes) -> None:
    use(authority, kind=SIGNER, source="x")
    done: list[Judged] = []

    def run() -> None:
        try:
            done.append(judge_again())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.files for each in done) == 1
    assert Judgement.objects.count() == 1


def test_the_owner_sees_both_and_strangers_nothing(
    published: Version, authority: bytes, creator: User, stranger: User, api: APIClient, client: Client
) -> None:
    use(authority, kind=SIGNER, source="x")
    judge_again()
    api.force_authenticate(stranger)
    assert api.get("/api/v1/verdicts/").json()["results"] == []
    api.force_authenticate(creator)
    (told,) = api.get(f"/api/v1/verdicts/?version={published.pk}").json()["results"]
    assert (told["before"], told["verdict"], told["changed"]) == ("valid", "trusted", True)
    client.force_login(creator)
    page = client.get(f"/works/{published.work_id}/", headers={"Accept-Language": "en"}).content.decode()
    assert "the signer is not on a list of those trusted" in page
    assert "intact, by a signer on the trust list" in page
