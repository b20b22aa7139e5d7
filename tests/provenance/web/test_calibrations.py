"""Calibrations before reviewers: looked at by those who may, decided by those who may, with a reason."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from provenance.audits.judge_set import judge_set_audit
from provenance.ledger.models import Event
from similarity import audit as _audit  # noqa: F401  (loaded later, it would keep the encoder of these tests)
from similarity import index as index_module
from similarity.calibrate import calibrate
from similarity.enrol import ArtistFacts, NewWork, enrol, withdraw
from similarity.models import Audit, Calibration, Reference
from tests import factories
from tests.provenance.audits import test_set_audits as sets
from tests.provenance.web.html import Page
from tests.similarity.collections import Collection, make_collection

pytestmark = pytest.mark.django_db


@pytest.fixture
def decider(reviewer: User) -> User:
    reviewer.user_permissions.add(Permission.objects.get(codename="decide_calibration"))
    return User.objects.get(pk=reviewer.pk)


@pytest.fixture
def collection(settings: Settings, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Collection:
    settings.INDEX_DIR = f"{tmp_path}/index"
    index_module._open.clear()
    made = make_collection()

    class Encoder:
        fingerprint, dimension = made.encoder, made.dimension

    monkeypatch.setattr("similarity.encoder.load_encoder", Encoder)
    return made


@pytest.fixture
def draft(collection: Collection) -> Calibration:
    return calibrate(encoder=collection.encoder, dimension=collection.dimension, domain="uploads")


def shown(client: Client, name: str, *args: object) -> Page:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    assert page.problems == []
    assert page.unlabelled() == []
    return page


def test_others_may_not_look(client: Client, creator: User) -> None:
    row = factories.make_calibration()
    client.force_login(creator)
    for address in (
        reverse("web:calibrations"),
        reverse("web:calibration", args=[row.pk]),
        reverse("web:calibration-changes", args=[row.pk]),
    ):
        assert client.get(address).status_code == 403


def test_nothing_in_force_is_said(client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    assert "None. Pictures are compared, and not judged." in shown(client, "web:calibrations").text


def test_a_calibration_tells_its_figures(client: Client, reviewer: User, draft: Calibration) -> None:
    client.force_login(reviewer)
    assert "Works of artists who are not known here" in shown(client, "web:calibrations").text
    page = shown(client, "web:calibration", draft.pk)
    said = " ".join(page.text.split())

    assert "Scores against 288 works by 24 artists; measured on the works of 24 artists, each left out." in said
    assert "1 % – not attainable with so few" in said
    assert "5 %" in said
    assert "on average (24)" in said
    assert len(page.all("circle")) == len(draft.figures["likelihood"]["reliability"]) > 0
    assert "Sets of 10" in said
    assert draft.sha256 in said
    assert "You may look at calibrations, and not decide about them." in said


def test_a_draft_says_what_it_would_change(client: Client, reviewer: User, collection: Collection) -> None:
    vector = collection.works_of(3, 1)[0].astype("<f4").tobytes()
    audit = factories.make_audit(domain="uploads", encoder=collection.encoder, vector=vector)
    draft = calibrate(encoder=collection.encoder, dimension=collection.dimension, domain="uploads")
    client.force_login(reviewer)
    said = " ".join(shown(client, "web:calibration-changes", draft.pk).text.split())
    assert "Of 1 kept comparisons, 1 would come out otherwise." in said
    assert "compared, but not calibrated to judge → resembles one artist's style: Artist 3" in said
    audit.refresh_from_db()
    assert audit.outcome == Audit.Outcome.NOT_CALIBRATED


def test_a_draft_says_what_becomes_of_sets(client: Client, reviewer: User, collection: Collection) -> None:
    row = sets.asked(reviewer, collection, artist=3)
    assert judge_set_audit(row.pk)
    client.force_login(reviewer)
    draft = calibrate(encoder=collection.encoder, dimension=collection.dimension, domain="uploads")
    page = shown(client, "web:calibration-changes", draft.pk)
    said = " ".join(page.text.split())
    assert "Of 1 kept comparisons of many pictures as one, 1 would come out otherwise." in said
    assert reverse("web:set-audit", args=[row.pk]) in [link["href"] for link in page.all("a")]


def test_accepting_needs_leave_and_a_reason(client: Client, reviewer: User, draft: Calibration) -> None:
    address = reverse("web:calibration", args=[draft.pk])
    client.force_login(reviewer)
    assert client.post(address, {"accept": "1", "reason": "good figures"}).status_code == 403
    draft.refresh_from_db()
    assert draft.state == "draft"

    reviewer.user_permissions.add(Permission.objects.get(codename="decide_calibration"))
    answer = client.post(address, {"accept": "1", "reason": "  "})
    assert answer.status_code == 422
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert not Event.objects.filter(kind="thresholds.in_force").exists()


def test_an_accepted_one_is_in_force_and_in_the_ledger(client: Client, decider: User, draft: Calibration) -> None:
    address = reverse("web:calibration", args=[draft.pk])
    client.force_login(decider)
    answer = client.post(address, {"accept": "1", "reason": "good figures"}, follow=True)
    assert "The calibration is in force." in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.reason, draft.decided_by) == ("accepted", "good figures", "rita")
    event = Event.objects.get(kind="thresholds.in_force")
    assert [row["sha256"] for row in event.payload["calibrations"]] == [draft.sha256]

    again = client.post(address, {"accept": "1", "reason": "once more"})
    assert again.status_code == 409
    assert Event.objects.filter(kind="thresholds.in_force").count() == 1


def test_a_draft_can_be_laid_aside(client: Client, decider: User, draft: Calibration) -> None:
    client.force_login(decider)
    client.post(reverse("web:calibration", args=[draft.pk]), {"reject": "1", "reason": "too few artists"})
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == ("rejected", "too few artists")


def test_two_drafts_on_one_ground(client: Client, decider: User, collection: Collection) -> None:
    """Given two drafts, when one is accepted, then the other was compared with what no longer is in force."""
    first, second = (calibrate(encoder=collection.encoder, dimension=32, domain="uploads") for _ in range(2))
    client.force_login(decider)
    client.post(reverse("web:calibration", args=[first.pk]), {"accept": "1", "reason": "x"})
    answer = client.post(reverse("web:calibration", args=[second.pk]), {"accept": "1", "reason": "x"})
    assert answer.status_code == 409
    assert "Another calibration was accepted meanwhile" in answer.content.decode()
    second.refresh_from_db()
    assert second.state == "draft"


def test_those_of_before_are_counted_as_stale(client: Client, reviewer: User) -> None:
    old = factories.make_calibration(state=Calibration.State.RETIRED)
    factories.make_judged_audit(calibration=old)
    new = factories.make_calibration()
    client.force_login(reviewer)
    assert (
        "1 comparison in this population was judged by an earlier one" in shown(client, "web:calibration", new.pk).text
    )


def _withdraw(count: int) -> None:
    works = Reference.objects.filter(title="Work 0").order_by("artist__slug")
    withdraw(Reference.objects.filter(pk__in=list(works.values_list("pk", flat=True)[:count])))


def test_what_became_of_its_works_is_told_before_it_stops_judging(
    client: Client, reviewer: User, collection: Collection
) -> None:
    """Given 288 works of which 14 may go: from 8 on the pages and the operator's first page warn."""
    row = collection.calibrated()
    client.force_login(reviewer)
    for name, args in (("web:calibrations", []), ("web:calibration", [row.pk])):
        assert "All 288 works it was made with are here." in shown(client, name, *args).text

    _withdraw(7)
    quiet = shown(client, "web:calibrations")
    assert "7 of the 288 works it was made with are gone. With more than 14 gone it judges nobody." in quiet.text
    assert "Calibrate again soon." not in quiet.text

    _withdraw(1)
    enrol(
        [NewWork(artist=ArtistFacts("new", "New"), sha256="ab" * 32, code=bytes(32), vector=collection.hands[0])],
        encoder=collection.encoder,
    )
    for name, args in (("web:calibrations", []), ("web:calibration", [row.pk])):
        said = shown(client, name, *args).text
        assert "8 of the 288 works" in said
        assert "Calibrate again soon." in said
        assert "1 work here is compared and counts for no judgement" in said


def test_the_operators_first_page_warns(
    client: Client, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = collection.calibrated()
    monkeypatch.setattr("config.dashboard.encoder_in_force", lambda: collection.encoder)
    client.force_login(User.objects.create_superuser("root"))

    assert client.get("/admin/").context["worn"] == []
    _withdraw(8)
    answer = client.get("/admin/")
    assert [told["pk"] for told in answer.context["worn"]] == [row.pk]
    assert "8 of the 288 works it was made with are gone" in answer.content.decode()
    assert reverse("web:calibration", args=[row.pk]) in answer.content.decode()
    _withdraw(7)
    assert "It judges nobody any more: 15 of the 288 works" in client.get("/admin/").content.decode()
    # One of an encoder that is no longer in use judges nothing anyway.
    monkeypatch.setattr("config.dashboard.encoder_in_force", lambda: "ff" * 32)
    assert client.get("/admin/").context["worn"] == []
