"""What could not be judged is audited again when somebody asks, once, and a person still decides."""

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from provenance.ledger.models import Event
from provenance.review import tasks
from provenance.review.audit_again import ask_again, audit_again
from provenance.review.decide import decide
from provenance.review.errors import ReviewError
from provenance.review.models import Case, SecondAudit
from provenance.works.models import Version
from similarity.models import Audit
from tests.factories import make_audit, make_case, make_version, make_work

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
Finds = Callable[..., None]


@pytest.fixture
def case(creator: User) -> Case:
    """Held, because the encoder was away."""
    failed = make_audit(owner=creator, image_sha256="0" * 64, outcome="failed", error_code="encoder_not_found")
    version = make_version(work=make_work(owner=creator), status=Version.Status.HELD, audit=failed)
    return make_case(version=version, reason=Case.Reason.NOT_JUDGED)


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Finds:
    """Let the next comparison come out so, or go wrong; *meanwhile* happens while it runs."""

    def set_to(
        outcome: str = "", *, error: Exception | None = None, meanwhile: Callable[[], Any] | None = None
    ) -> None:
        def compared(data: bytes, *, subject: Any, **asked: Any) -> Audit:
            if meanwhile is not None:
                meanwhile()
            if error is not None:
                raise error
            return Audit(image_sha256="0" * 64, outcome=outcome, subject=subject)

        monkeypatch.setattr("similarity.audit.audit_image", compared)

    return set_to


@pytest.mark.parametrize(
    ("outcome", "reason", "told"),
    [
        ("no_known_artist", "not_judged", ""),
        ("copy", "copy", "copy"),
        ("style_match", "style", "style"),
        ("failed", "not_judged", "not_judged"),
    ],
)
def test_the_version_has_the_new_audit_and_stays_held(
    case: Case, reviewer: User, finds: Finds, outcome: str, reason: str, told: str
) -> None:
    before = case.version.audit
    assert before is not None
    row = ask_again(case=case, by=reviewer)
    finds(outcome)

    assert [audit_again(row.pk), audit_again(row.pk)] == [True, False]

    row.refresh_from_db()
    case = Case.objects.select_related("version__audit").get()
    after = case.version.audit
    assert after is not None
    assert (row.status, row.before, row.after) == ("done", before, after)
    assert (after.outcome, after.owner, after.subject) == (outcome, case.version.work.owner, case.version_id)
    assert (case.version.status, case.version.published_at, case.reason) == ("held", None, reason)
    assert Audit.objects.get(pk=before.pk).outcome == "failed"
    event = Event.objects.get()
    assert (event.kind, event.subject) == ("case.audited_again", str(case.version_id))
    assert event.payload["outcome"] == outcome
    assert event.payload["reason"] == told
    assert (event.payload["before"], event.payload["audit"]) == (str(before.pk), str(after.pk))


def test_asked_twice_it_waits_once(case: Case, reviewer: User, finds: Finds) -> None:
    assert ask_again(case=case, by=reviewer) == ask_again(case=case, by=reviewer)
    # It failed again, so it may be asked for again.
    finds("failed")
    assert audit_again(SecondAudit.objects.get().pk)
    case = Case.objects.get()
    assert ask_again(case=case, by=reviewer).status == "waiting"
    assert SecondAudit.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_asked_for_at_once_it_waits_once(case: Case, reviewer: User) -> None:
    start = threading.Barrier(2)
    rows: list[Any] = []

    def ask() -> None:
        mine = Case.objects.select_related("version__work", "version__audit").get()
        start.wait()
        try:
            rows.append(ask_again(case=mine, by=reviewer).pk)
        except Exception as error:
            rows.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rows == [SecondAudit.objects.get().pk] * 2


def test_a_decision_that_was_faster_stands(case: Case, reviewer: User, finds: Finds) -> None:
    row = ask_again(case=case, by=reviewer)
    before = case.version.audit_id
    finds("copy", meanwhile=lambda: decide(case=case, reviewer=reviewer, ruling="publish", reason="a quotation"))

    assert audit_again(row.pk)

    row.refresh_from_db()
    version = Version.objects.get()
    assert (row.status, row.after, version.status, version.audit_id) == ("too_late", None, "published", before)
    assert (Audit.objects.count(), Case.objects.get().reason) == (1, "not_judged")
    assert [event.kind for event in Event.objects.all()] == ["case.publish"]


def test_nobody_decides_by_an_audit_that_was_replaced(
    client: Client, api: APIClient, case: Case, reviewer: User, finds: Finds
) -> None:
    """Given a page that shows the audit that failed, when a copy was found meanwhile, then it is shown before."""
    seen = str(case.version.audit_id)
    finds("copy")
    audit_again(ask_again(case=case, by=reviewer).pk)
    body = {"ruling": "publish", "reason": "nothing was found", "audit": seen}
    client.force_login(reviewer)
    page = reverse("web:case", args=[case.pk])

    refused = client.post(page, body, headers=ENGLISH)

    assert refused.status_code == 409
    assert "audited again meanwhile" in refused.content.decode()
    now = str(Version.objects.get().audit_id)
    assert f'name="audit" value="{now}"' in refused.content.decode()
    api.force_authenticate(reviewer)
    over = api.post(f"/api/v1/cases/{case.pk}/decide/", body, format="json")
    assert (over.status_code, over.json()["code"]) == (409, "audit_changed")
    assert Version.objects.get().status == "held"
    assert client.post(page, {**body, "audit": now}).status_code == 302
    assert Version.objects.get().status == "published"


def test_whoever_lost_the_lease_writes_nothing(case: Case, reviewer: User, finds: Finds) -> None:
    row = ask_again(case=case, by=reviewer)
    finds("copy", meanwhile=lambda: SecondAudit.objects.update(lease_owner="another"))

    assert not audit_again(row.pk)

    row.refresh_from_db()
    assert (row.status, Audit.objects.count(), Event.objects.count()) == ("waiting", 1, 0)
    assert Case.objects.get().reason == "not_judged"


def test_what_may_pass_is_tried_again_and_given_up_in_the_end(
    case: Case, reviewer: User, finds: Finds, settings: Settings
) -> None:
    settings.MAX_ATTEMPTS = 2
    row = ask_again(case=case, by=reviewer)
    finds(error=OSError("the disk of /secret"))
    for status in ("waiting", "failed"):
        SecondAudit.objects.update(lease_until=None)
        audit_again(row.pk)
        row.refresh_from_db()
        assert row.status == status
    assert (row.error_code, "secret" in row.error) == ("internal_error", False)
    version = Version.objects.select_related("audit").get()
    assert version.audit is not None
    assert (version.status, version.audit.outcome) == ("held", "failed")
    assert ask_again(case=case, by=reviewer).status == "waiting"


def test_who_may_not_and_what_need_not(case: Case, reviewer: User, stranger: User, creator: User) -> None:
    creator.user_permissions.add(Permission.objects.get(codename="decide_case"))
    for user, code in ((stranger, "not_a_reviewer"), (User.objects.get(pk=creator.pk), "own_work")):
        with pytest.raises(ReviewError) as refused:
            ask_again(case=case, by=user)
        assert refused.value.code == code
    judged = make_case(
        version=make_version(
            work=make_work(owner=creator),
            status=Version.Status.HELD,
            audit=make_audit(owner=creator, image_sha256="1" * 64, outcome="copy"),
        )
    )
    with pytest.raises(ReviewError) as stands:
        ask_again(case=judged, by=reviewer)
    decide(case=case, reviewer=reviewer, ruling="refuse", reason="no")
    with pytest.raises(ReviewError) as decided:
        ask_again(case=Case.objects.get(pk=case.pk), by=reviewer)
    assert (stands.value.code, decided.value.code) == ("audit_stands", "already_decided")
    assert SecondAudit.objects.count() == 0


def test_the_sweep_rings_for_a_lost_doorbell(case: Case, reviewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks.audit_again, "apply_async", lambda **said: rung.append(said["args"]))
    row = ask_again(case=case, by=reviewer)
    tasks.sweep()
    SecondAudit.objects.update(status="done")
    tasks.sweep()
    assert rung == [(str(row.pk),)]


def test_over_the_api(api: APIClient, case: Case, reviewer: User, creator: User, finds: Finds) -> None:
    address = f"/api/v1/cases/{case.pk}/audit-again/"
    api.force_authenticate(creator)
    assert (api.post(address).status_code, SecondAudit.objects.count()) == (403, 0)
    api.force_authenticate(reviewer)
    for _time in range(2):
        answer = api.post(address)
        assert answer.status_code == 202
        assert [(row["status"], row["outcome"]) for row in answer.json()["second_audits"]] == [("waiting", None)]
    finds("no_known_artist")
    audit_again(SecondAudit.objects.get().pk)
    told = api.get(f"/api/v1/cases/{case.pk}/").json()
    assert [(row["status"], row["outcome"]) for row in told["second_audits"]] == [("done", "no_known_artist")]
    assert told["decision"] is None
    refused = api.post(address)
    assert (refused.status_code, refused.json()["code"]) == (409, "audit_stands")


def test_on_the_page_of_the_case(client: Client, case: Case, reviewer: User, creator: User, finds: Finds) -> None:
    page, button = reverse("web:case", args=[case.pk]), reverse("web:case-audit-again", args=[case.pk])
    client.force_login(creator)
    assert (client.post(button).status_code, SecondAudit.objects.count()) == (403, 0)
    client.force_login(reviewer)
    assert button in client.get(page, headers=ENGLISH).content.decode()

    waiting = client.post(button, follow=True, headers=ENGLISH).content.decode()
    assert "Waiting to be audited again." in waiting
    assert button not in waiting

    finds("no_known_artist")
    audit_again(SecondAudit.objects.get().pk)
    done = " ".join(client.get(page, headers={**ENGLISH, "HX-Request": "true"}).content.decode().split())
    assert "no artist stands out." in done
    assert "It stays held until a person decides." in done
    assert "Show the new comparison" in done
    assert button not in done
    assert "Show the new comparison" not in client.get(page, headers=ENGLISH).content.decode()
    told = client.post(button, follow=True, headers=ENGLISH).content.decode()
    assert "Only what could not be is audited again." in told


def test_a_case_whose_audit_stands_offers_nothing(client: Client, reviewer: User, creator: User) -> None:
    case = make_case(version=make_version(work=make_work(owner=creator), status=Version.Status.HELD))
    client.force_login(reviewer)
    assert "audit-again" not in client.get(reverse("web:case", args=[case.pk]), headers=ENGLISH).content.decode()


def test_the_command_asks_for_all_or_for_those_with_a_code(case: Case) -> None:
    for code, waiting in (("index_unreadable", 0), ("encoder_not_found", 1), ("", 1)):
        out = StringIO()
        call_command("audit_again", code=code, stdout=out)
        assert out.getvalue() == f"{waiting} held versions will be audited again\n"
    row = SecondAudit.objects.get()
    assert (row.case, row.asked_by) == (case, None)


def test_what_the_command_asked_for_is_noted_without_a_name(case: Case, finds: Finds) -> None:
    call_command("audit_again", stdout=StringIO())
    finds("no_known_artist")
    assert audit_again(SecondAudit.objects.get().pk)
    assert Event.objects.get().personal.count() == 0
