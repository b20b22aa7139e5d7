"""The reviewer's desk through its pages."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from provenance.review.models import Case, Decision
from provenance.works.models import Version
from tests import factories
from tests.provenance.web.html import Page

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def case(creator: User) -> Case:
    version = factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.HELD)
    return factories.make_case(version=version)


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
