"""The reviewer's desk through its pages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from provenance.ledger.models import Event
from provenance.review.decide import decide
from provenance.review.models import Case, Decision
from provenance.web.views import review
from provenance.works.models import Version
from tests import factories
from tests.provenance.web.html import Page

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def case(creator: User) -> Case:
    version = factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.HELD)
    return factories.make_case(version=version)


@pytest.fixture
def only_a_reviewer(client: Client, db: None) -> Client:
    """Somebody who may decide cases, and nothing else."""
    user = factories.make_user("rosa")
    user.user_permissions.add(Permission.objects.get(codename="decide_case"))
    client.force_login(user)
    return client


@pytest.fixture
def rita(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


def test_the_queue_is_oldest_first_and_can_be_narrowed(rita: Client, creator: User, case: Case) -> None:
    """Given three open cases and a decided one, when the queue is opened, then the longest waiting comes first."""
    older = factories.make_case(
        version=factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.HELD),
        reason=Case.Reason.NOT_JUDGED,
    )
    Case.objects.filter(pk=older.pk).update(opened_at=timezone.now() - timedelta(days=2))
    decided = factories.make_case(version=factories.make_version(work=factories.make_work(owner=creator)))
    Decision.objects.create(case=decided, reviewer=creator, ruling="publish", reason="fine")

    everything = rita.get(reverse("web:queue"), headers=ENGLISH)
    narrowed = rita.get(reverse("web:queue"), {"reason": "copy"}, headers=ENGLISH)

    assert list(everything.context["page"].object_list) == [older, case]
    assert "waiting for 2\xa0days" in everything.content.decode()
    assert list(narrowed.context["page"].object_list) == [case]


@pytest.mark.parametrize(
    ("ruling", "status"), [("publish", Version.Status.PUBLISHED), ("refuse", Version.Status.REFUSED)]
)
def test_a_decision_moves_the_version(rita: Client, reviewer: User, case: Case, ruling: str, status: str) -> None:
    response = rita.post(
        reverse("web:case", args=[case.pk]), {"ruling": ruling, "reason": "Only the motif is shared."}, follow=True
    )

    case.version.refresh_from_db()
    decision = Decision.objects.get()
    assert case.version.status == status
    assert (decision.reviewer, decision.ruling, decision.reason) == (reviewer, ruling, "Only the motif is shared.")
    assert "notice success" in response.content.decode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ruling"),
        ({"ruling": "publish"}, "reason"),
        ({"ruling": "publish", "reason": "  "}, "reason"),
        ({"ruling": "publish", "reason": "x" * 2001}, "reason"),
        ({"ruling": "burn", "reason": "because"}, "ruling"),
    ],
)
def test_a_decision_needs_a_ruling_and_a_reason(rita: Client, case: Case, body: dict[str, str], field: str) -> None:
    response = rita.post(reverse("web:case", args=[case.pk]), body, headers=ENGLISH)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Page(response.content.decode()).problems == []
    case.version.refresh_from_db()
    assert case.version.status == Version.Status.HELD
    assert not Decision.objects.exists()


def test_a_case_is_decided_once(rita: Client, creator: User, case: Case) -> None:
    """Given somebody else decided meanwhile, when the form is sent, then their decision is shown and stands."""
    Version.objects.filter(pk=case.version_id).update(status=Version.Status.REFUSED)
    Decision.objects.create(case=case, reviewer=creator, ruling="refuse", reason="Seen before.")

    response = rita.post(
        reverse("web:case", args=[case.pk]), {"ruling": "publish", "reason": "looks fine"}, headers=ENGLISH
    )

    assert response.status_code == 409
    text = Page(response.content.decode()).text
    assert "This case was decided already." in text
    assert "Seen before." in text
    assert Decision.objects.get().ruling == "refuse"


def test_nobody_decides_about_their_own_work(rita: Client, reviewer: User) -> None:
    version = factories.make_version(work=factories.make_work(owner=reviewer), status=Version.Status.HELD)
    case = factories.make_case(version=version)

    page = rita.get(reverse("web:case", args=[case.pk]), headers=ENGLISH).content.decode()
    response = rita.post(reverse("web:case", args=[case.pk]), {"ruling": "publish", "reason": "mine"})

    assert "somebody else must decide" in page
    assert response.status_code == 422
    assert not Decision.objects.exists()


def test_an_unknown_case_is_a_404(rita: Client) -> None:
    assert rita.get(reverse("web:case", args=["00000000-0000-0000-0000-000000000000"])).status_code == 404


def make_decided(creator: User, reviewer: User, ruling: str, reason: str = "Only the motif is shared.") -> Case:
    version = factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.HELD)
    case = factories.make_case(version=version)
    decide(case=case, reviewer=reviewer, ruling=ruling, reason=reason)
    return case


def test_decided_cases_are_listed_the_latest_first(
    rita: Client, creator: User, reviewer: User, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an open case and three decided ones, then the list has the decided, with outcome, by whom, and when."""
    published, refused, last = (make_decided(creator, reviewer, ruling) for ruling in ("publish", "refuse", "publish"))
    queue = rita.get(reverse("web:queue"), headers=ENGLISH).content.decode()
    assert reverse("web:decided") in [link["href"] for link in Page(queue).all("a")]

    answer = rita.get(reverse("web:decided"), headers=ENGLISH)

    assert list(answer.context["page"].object_list) == [last, refused, published]
    page = Page(answer.content.decode())
    assert page.problems == []
    text = " ".join(page.text.split())
    assert "refused by a reviewer · The same picture as a known work · by ada · decided by rita · " in text
    assert refused.decision.made_at.strftime("%Y-%m-%dT%H:%M") in answer.content.decode()
    assert reverse("web:case", args=[refused.pk]) in [link["href"] for link in page.all("a")]
    narrowed = rita.get(reverse("web:decided"), {"ruling": "refuse"})
    assert list(narrowed.context["page"].object_list) == [refused]
    monkeypatch.setattr(review, "PER_PAGE", 2)
    second = rita.get(reverse("web:decided"), {"page": "2"}, headers=ENGLISH)
    assert list(second.context["page"].object_list) == [published]
    assert "Page 2 of 2" in second.content.decode()


def test_an_empty_list_of_decided_cases_says_so(rita: Client, case: Case) -> None:
    answer = rita.get(reverse("web:decided"), headers=ENGLISH)
    assert list(answer.context["page"].object_list) == []
    assert "None." in answer.content.decode()


def test_the_lists_cost_no_query_a_row(
    rita: Client,
    creator: User,
    reviewer: User,
    django_assert_max_num_queries: Callable[..., AbstractContextManager[object]],
) -> None:
    for _number in range(12):
        make_decided(creator, reviewer, "publish")
    with django_assert_max_num_queries(12):
        rita.get(reverse("web:decided"))


def test_who_only_decides_cases_can_explain_one_a_year_later(
    only_a_reviewer: Client, creator: User, stranger: User, reviewer: User, settings: Settings, tmp_path: Path
) -> None:
    """Given leave to decide cases and no other, then the case leads to its report and to the ledger of its work."""
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")
    case = make_decided(creator, reviewer, "refuse", "A quotation.")
    address = reverse("web:case", args=[case.pk])
    ledger, report = reverse("web:case-ledger", args=[case.pk]), reverse("web:report", args=[case.version.audit_id])

    page = Page(only_a_reviewer.get(address, headers=ENGLISH).content.decode())

    assert "A quotation." in page.text
    assert "rita" in page.text
    links = [link["href"] for link in page.all("a")]
    assert {ledger, report, reverse("web:decided")} <= set(links)
    for link in (ledger, report):
        assert only_a_reviewer.get(link).status_code == 200
    assert only_a_reviewer.get(ledger)["Content-Type"] == "application/zip"
    event = Event.objects.latest("sequence")
    assert (event.kind, event.subject) == ("ledger.exported", str(case.version.work_id))
    assert event.personal.get().value == "rosa"
    # Not what no case is about, and not those who may not decide.
    other = factories.make_version(work=factories.make_work(owner=creator))
    assert only_a_reviewer.get(reverse("web:report", args=[other.audit_id])).status_code == 404
    assert only_a_reviewer.get(reverse("web:work-ledger", args=[other.work_id])).status_code == 404
    only_a_reviewer.force_login(stranger)
    assert only_a_reviewer.get(ledger).status_code == 403
    assert only_a_reviewer.get(report).status_code == 404
    assert only_a_reviewer.get(reverse("web:decided")).status_code == 403
    assert Event.objects.filter(kind="ledger.exported").count() == 2
