"""A case is decided once, by somebody else, with a reason that is kept."""

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from provenance.ledger.errors import LedgerError
from provenance.ledger.models import Event
from provenance.review.decide import MAX_REASON, decide
from provenance.review.errors import ReviewError
from provenance.review.models import Case, Decision
from provenance.review.open_case import open_case
from provenance.works.models import Version
from tests.factories import make_case, make_version, make_work


@pytest.fixture
def case(creator: User) -> Case:
    return make_case(version=make_version(work=make_work(owner=creator), status=Version.Status.HELD))


@pytest.mark.parametrize(("ruling", "status"), [("publish", "published"), ("refuse", "refused")])
def test_a_decision_moves_the_version(case: Case, reviewer: User, ruling: str, status: str) -> None:
    decide(case=case, reviewer=reviewer, ruling=ruling, reason=" A quotation, agreed with the artist. ")

    version = Version.objects.get()
    assert version.status == status
    assert (version.published_at is not None) is (ruling == "publish")
    decision = Decision.objects.get()
    assert (decision.ruling, decision.reviewer, decision.reason) == (
        ruling,
        reviewer,
        "A quotation, agreed with the artist.",
    )
    event = Event.objects.get()
    assert (event.kind, event.subject) == (f"case.{ruling}", str(version.pk))
    values = {value.name: value.value for value in event.personal.all()}
    assert values == {"actor": "rita", "reason": "A quotation, agreed with the artist."}


@pytest.mark.parametrize(
    ("ruling", "reason", "code"),
    [
        ("publish", "  ", "reason_required"),
        ("publish", "x" * (MAX_REASON + 1), "reason_too_long"),
        ("maybe", "because", "unknown_ruling"),
    ],
)
def test_bad_decisions_change_nothing(case: Case, reviewer: User, ruling: str, reason: str, code: str) -> None:
    with pytest.raises(ReviewError) as caught:
        decide(case=case, reviewer=reviewer, ruling=ruling, reason=reason)
    assert caught.value.code == code
    assert (Decision.objects.count(), Event.objects.count(), Version.objects.get().status) == (0, 0, "held")


def test_nobody_decides_without_the_permission_or_about_their_own(case: Case, stranger: User, creator: User) -> None:
    creator.user_permissions.add(Permission.objects.get(codename="decide_case"))
    for user, code in ((stranger, "not_a_reviewer"), (User.objects.get(pk=creator.pk), "own_work")):
        with pytest.raises(ReviewError) as caught:
            decide(case=case, reviewer=user, ruling="publish", reason="because")
        assert caught.value.code == code
    assert Version.objects.get().status == "held"


def test_the_second_decision_is_refused(case: Case, reviewer: User) -> None:
    decide(case=case, reviewer=reviewer, ruling="refuse", reason="a copy")
    with pytest.raises(ReviewError) as caught:
        decide(case=case, reviewer=reviewer, ruling="publish", reason="second thoughts")
    assert caught.value.code == "already_decided"
    assert (Decision.objects.get().ruling, Version.objects.get().status) == ("refuse", "refused")


def test_a_version_has_one_case(case: Case) -> None:
    assert open_case(case.version, reason="style") == case
    assert Case.objects.get().reason == "copy"


def test_a_case_is_decided_once_over_the_api(api: APIClient, case: Case, reviewer: User) -> None:
    api.force_authenticate(reviewer)
    assert [row["id"] for row in api.get("/api/v1/cases/", {"open": "true"}).json()["results"]] == [str(case.pk)]
    body = {"ruling": "publish", "reason": "agreed"}
    answer = api.post(f"/api/v1/cases/{case.pk}/decide/", body, format="json")
    assert (answer.status_code, answer.json()["decision"]["ruling"]) == (201, "publish")
    again = api.post(f"/api/v1/cases/{case.pk}/decide/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert api.get("/api/v1/cases/", {"open": "true"}).json()["results"] == []
    assert api.post(f"/api/v1/cases/{case.pk}/decide/", {}, format="json").status_code == 400


def test_a_decision_is_written_once(case: Case, reviewer: User) -> None:
    decision = decide(case=case, reviewer=reviewer, ruling="refuse", reason="a copy")
    decision.reason = "something else"

    for change in (decision.save, decision.delete, Decision.objects.all().delete):
        with pytest.raises(LedgerError) as refused:
            change()
        assert refused.value.code == "append_only"
    with pytest.raises(LedgerError):
        Decision.objects.update(ruling="publish")

    assert (Decision.objects.get().ruling, Decision.objects.get().reason) == ("refuse", "a copy")
