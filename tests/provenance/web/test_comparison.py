"""What a work's page says of a judged audit, and what it must not say."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from provenance.works.models import Version
from similarity.models import Artist, Audit, Calibration
from tests import factories
from tests.provenance.web.html import Page

pytestmark = pytest.mark.django_db


def shown(client: Client, audit: Audit, owner: User) -> Page:
    work = factories.make_work(owner=owner)
    factories.make_version(work=work, audit=audit)
    client.force_login(owner)
    answer = client.get(reverse("web:work", args=[work.pk]))
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    assert page.problems == []
    return page


def test_a_resemblance_says_how_sure_it_is(client: Client, creator: User) -> None:
    audit = factories.make_judged_audit(owner=creator)
    page = shown(client, audit, creator)
    said = " ".join(page.text.split())

    assert "Resembles the style of Claude Monet" in said
    assert "That does not say who made it" in said
    assert "this method wrongly reports a resemblance for no more than 5 in 100." in said
    assert "times as often" not in said
    assert "Judged among works of artists who are not known here" in said
    assert "highest score is 0.330, above 0.210" in said
    assert "not calibrated" not in said
    assert reverse("web:report", args=[audit.pk]) in [link["href"] for link in page.all("a")]


def test_an_average_bound_is_not_called_a_confident_one(client: Client, creator: User) -> None:
    audit = factories.make_judged_audit(owner=creator, decision={"guarantee": "average"})
    said = " ".join(shown(client, audit, creator).text.split())
    assert "as far as so few measurements tell" in said
    assert "very likely" not in said


def test_a_group_is_named(client: Client, creator: User) -> None:
    group = [{"slug": "claude-monet", "artist": "Claude Monet"}, {"slug": "alfred-sisley", "artist": "Alfred Sisley"}]
    audit = factories.make_judged_audit(owner=creator, outcome="ambiguous", decision={"candidates": group})
    page = shown(client, audit, creator)
    assert "Nearest are Claude Monet, Alfred Sisley; no single one stands out." in " ".join(page.text.split())
    assert "near-name named" in [span.get("class") for span in page.all("span")]


def test_a_shared_subject_is_told_without_a_flag(client: Client, creator: User) -> None:
    audit = factories.make_judged_audit(
        owner=creator,
        outcome="no_known_artist",
        decision={"candidates": [], "reasons": ["above_threshold", "shared_subject"]},
    )
    said = " ".join(shown(client, audit, creator).text.split())
    assert "Shares its subject with works of an artist on record" in said
    assert "Their style is no nearer than that of others who show the same." in said
    assert "no artist on record" not in said
    assert "These are not the odds" not in said


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("no_calibration", "No calibration is in force for this encoder and pictures of this kind"),
        ("cohort_changed", "works that the calibration was made with have left since"),
        ("level_not_attainable", "too small for the rate of mistakes that is asked for"),
    ],
)
def test_not_judged_says_why(client: Client, creator: User, reason: str, sentence: str) -> None:
    audit = factories.make_audit(owner=creator, outcome="not_calibrated", decision={"reasons": [reason]})
    assert sentence in " ".join(shown(client, audit, creator).text.split())


def test_a_newer_calibration_makes_it_stale_and_changes_nothing(client: Client, creator: User) -> None:
    first = factories.make_calibration()
    audit = factories.make_judged_audit(owner=creator, calibration=first)
    assert "earlier calibration" not in shown(client, audit, creator).text

    Calibration.objects.update(state=Calibration.State.RETIRED)
    factories.make_calibration(decided_at=timezone.now())
    client.force_login(creator)
    version = Version.objects.get()
    page = Page(client.get(reverse("web:work", args=[version.work_id])).content.decode())
    assert "by an earlier calibration" in page.text
    assert "Resembles the style of Claude Monet" in page.text
    assert audit.pk == version.audit_id


def test_the_reviewer_reads_the_same(client: Client, creator: User, reviewer: User) -> None:
    Artist.objects.create(slug="claude-monet", name="Claude Monet")
    version = factories.make_version(
        work=factories.make_work(owner=creator),
        status=Version.Status.HELD,
        audit=factories.make_judged_audit(owner=creator),
    )
    case = factories.make_case(version=version, reason="style")
    client.force_login(reviewer)
    page = Page(client.get(reverse("web:case", args=[case.pk])).content.decode())
    assert page.problems == []
    assert "wrongly reports a resemblance for no more than 5" in page.text
    assert reverse("web:report", args=[version.audit_id]) in [link["href"] for link in page.all("a")]


def test_the_api_tells_domain_and_staleness(client: Client, creator: User) -> None:
    audit = factories.make_judged_audit(owner=creator)
    version = factories.make_version(work=factories.make_work(owner=creator), audit=audit)
    client.force_login(creator)
    for told in (
        client.get(f"/api/v1/audits/{audit.pk}/").json(),
        client.get(f"/api/v1/versions/{version.pk}/").json()["audit"],
        client.get("/api/v1/audits/").json()["results"][0],
    ):
        assert (told["domain"], told["calibration"], told["p_value"]) == ("uploads", str(audit.calibration_id), 0.016)
        assert (told["decision"]["guarantee"], told["is_stale"]) == ("confident", False)
    Calibration.objects.update(state=Calibration.State.RETIRED)
    factories.make_calibration()
    assert client.get("/api/v1/audits/").json()["results"][0]["is_stale"] is True


@pytest.mark.parametrize(
    ("confirmed", "said"), [(None, "The same picture as a known work"), (False, "Perhaps the same picture as a known")]
)
def test_a_copy_that_pixels_speak_against_is_not_told_as_a_fact(
    client: Client, creator: User, confirmed: bool | None, said: str
) -> None:
    copy = {"artist": "Winslow Homer", "title": "The Fog Warning", "method_code": "image_code", "confirmed": confirmed}
    audit = factories.make_audit(owner=creator, outcome="copy", copy_of=copy)
    assert said in " ".join(shown(client, audit, creator).text.split())
    hedged = "perhaps the same picture as a known work" if confirmed is False else "the same picture as a known work"
    assert audit.finding() == hedged
