"""The pages of sets that are judged as one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from provenance.audits.models import SetAudit
from provenance.works.models import Version
from tests import factories
from tests.provenance.web.html import Page

pytestmark = pytest.mark.django_db

DECISION: dict[str, Any] = {
    "outcome": "style_match",
    "p_value": 0.004,
    "reasons": ["above_threshold"],
    "threshold": 0.2,
    "n": 12,
    "groups": 10,
    "size": 10,
    "units": 60,
    "alpha": 0.05,
    "guarantee": "confident",
    "domain": "uploads",
    "candidates": [{"slug": "claude-monet", "artist": "Claude Monet"}],
    "leans": [
        {"slug": "claude-monet", "artist": "Claude Monet", "mean": 0.4, "nearest": 9, "alarm": True, "fortune": 5.0},
        {"slug": "alfred-sisley", "artist": "Alfred Sisley", "mean": 0.1, "nearest": 1, "alarm": False, "fortune": 0},
    ],
    "calibration": {"id": "x", "sha256": "f" * 64},
}
OF_A_MODEL = DECISION | {
    "domain": f"generated:{'ab' * 32}",
    "watch": {"artists": 136, "units": 6000, "confidence": 0.95, "bound": 3.4346},
}


def shown(client: Client, name: str, *args: object, status: int = 200) -> Page:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == status
    page = Page(answer.content.decode())
    assert page.problems == []
    assert page.unlabelled() == []
    return page


def test_a_judged_set_in_words(client: Client, creator: User) -> None:
    calibration = factories.make_calibration()
    row = SetAudit.objects.create(
        owner=creator, kind="person", name="ada", status="judged", outcome="style_match", domain="uploads",
        calibration=calibration, p_value=0.004, decision=DECISION,
    )  # fmt: skip
    client.force_login(creator)
    page = shown(client, "web:set-audit", row.pk)
    said = " ".join(page.text.split())
    assert "Taken together, they resemble the style of Claude Monet" in said
    assert "12 pictures were looked at." in said
    assert "count as one, which leaves 10; sets of 10 were used to judge them." in said
    assert (
        "this method wrongly reports a resemblance, very likely (95 % confidence), for no more than 5 in 100." in said
    )
    assert "Measured on sets of works by 60 artists." in said
    assert "about 4 in 1,000 lean on somebody as strongly" in said
    assert "That does not say who made them" in said
    assert "noticed along the way" not in said
    assert "is not asked of uploads" in said
    assert [bar["width"] for bar in page.all("rect") if bar["class"] == "bar"] == ["100", "9"]
    assert "by an earlier calibration" not in said
    factories.make_calibration(state="retired")
    calibration.state = "retired"
    calibration.save()
    factories.make_calibration()
    assert "by an earlier calibration" in shown(client, "web:set-audit", row.pk).text


def judged_set(owner: User, decision: dict[str, Any], **fields: Any) -> SetAudit:
    return SetAudit.objects.create(
        owner=owner, kind="model", name="colophon-mini", status="judged", outcome=decision["outcome"],
        domain=decision["domain"], decision=decision, **fields,
    )  # fmt: skip


def test_who_stands_out_along_the_way_and_what_that_is_worth(client: Client, creator: User) -> None:
    """Given an artist who is noticed in a set that is told to nobody, the page says how both can be."""
    work = factories.make_work(owner=creator)
    versions = [factories.make_version(work=work, number=number) for number in (1, 2)]
    Version.objects.filter(pk=versions[0].pk).update(created_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    row = judged_set(
        creator,
        OF_A_MODEL | {"outcome": "no_known_artist", "candidates": []},
        versions=[str(version.pk) for version in versions],
    )
    client.force_login(creator)
    page = shown(client, "web:set-audit", row.pk)
    said = " ".join(page.text.split())
    assert "Looked at one after another, these were noticed: Claude Monet" in said
    assert "An artist can be near for a while and not on the whole" in said
    assert "starts with the oldest picture of this set" in said
    assert "Pictures made 1 March 2026, 12:00 to" in said
    assert (
        "Of many such series that imitate nobody, any of the 136 artists is noticed by mistake, at whatever point, in "
        "no more than 5 in 100, very likely (95 % confidence). Measured on 6,000 pictures of this model." in said
    )
    assert "Many prompts about one thing make such mistakes more frequent." in said
    assert said.count("noticed along the way") == 1
    assert "ab" * 32 in said

    calm = OF_A_MODEL | {"leans": [lean | {"alarm": False} for lean in DECISION["leans"]]}
    said = shown(client, "web:set-audit", judged_set(creator, calm).pk).text
    assert "nobody was noticed. A resemblance can still be there." in said
    assert "An artist can be near for a while" not in said


def test_sets_of_before_are_read_without_their_marks(client: Client, creator: User) -> None:
    """What was stored before artists were watched with a promise that holds says that, and marks nobody."""
    old = {name: value for name, value in OF_A_MODEL.items() if name != "watch"}
    row = judged_set(creator, old)
    client.force_login(creator)
    said = " ".join(shown(client, "web:set-audit", row.pk).text.split())
    assert "by an earlier rule that did not keep its promise, so that nobody is marked" in said
    assert "noticed along the way" not in said


def test_a_set_that_waits_asks_again_and_one_that_failed_says_why(client: Client, creator: User) -> None:
    row = SetAudit.objects.create(owner=creator, kind="person", name="ada", versions=["a", "b"])
    client.force_login(creator)
    assert shown(client, "web:set-audit", row.pk).all("article")[0]["hx-trigger"] == "every 2s"
    SetAudit.objects.update(status="failed", error="Not one model.", error_code="mixed_domains")
    page = shown(client, "web:set-audit", row.pk)
    assert "hx-trigger" not in page.all("article")[0]
    assert "Not one model. mixed_domains" in " ".join(page.text.split())


def test_a_set_is_its_askers(client: Client, creator: User, stranger: User, reviewer: User) -> None:
    row = SetAudit.objects.create(owner=creator, kind="person", name="ada", versions=[])
    for user, status in ((stranger, 404), (reviewer, 200), (creator, 200)):
        client.force_login(user)
        assert client.get(reverse("web:set-audit", args=[row.pk])).status_code == status


def test_people_have_their_own_pictures_judged(client: Client, creator: User, stranger: User) -> None:
    """Nobody else's: a name that is sent along is not read."""
    client.force_login(stranger)
    empty = shown(client, "web:set-audits")
    assert "None of your pictures was compared yet" in empty.text
    assert empty.all("form") == [form for form in empty.all("form") if form.get("class") != "set-form"]
    few = client.post(reverse("web:set-audits"), {"kind": "person", "name": "ada"})
    assert few.status_code == 409
    assert "A set needs at least 2 pictures" in few.content.decode()

    for _ in range(2):
        factories.make_version(work=factories.make_work(owner=creator))
    assert client.post(reverse("web:set-audits"), {"kind": "person", "name": "ada"}).status_code == 409
    assert not SetAudit.objects.exists()
    client.force_login(creator)
    answer = client.post(reverse("web:set-audits"))
    assert answer.status_code == 302
    assert (SetAudit.objects.get().name, len(SetAudit.objects.get().versions)) == ("ada", 2)
    assert "One person" in shown(client, "web:set-audits").text


def test_reviewers_choose_a_person_or_a_model(client: Client, creator: User, reviewer: User) -> None:
    reviewer.user_permissions.add(Permission.objects.get(codename="audit_everybody"))
    for _ in range(2):
        factories.make_version(work=factories.make_work(owner=creator))
    client.force_login(reviewer)
    shown(client, "web:set-audits")
    address = reverse("web:set-audits")
    assert client.post(address, {"kind": "person", "name": "nobody"}).status_code == 400
    assert client.post(address, {"kind": "person"}).status_code == 422
    assert client.post(address, {"kind": "model", "name": "colophon-mini"}).status_code == 302
    assert list(SetAudit.objects.values_list("kind", "name")) == [("model", "colophon-mini")]


def make_pictures(owner: User, *weights: str) -> None:
    for each in weights:
        passport = factories.make_passport(weights_sha256=each * 32)
        job = factories.make_job(owner=owner, status="succeeded", passport=passport)
        factories.make_version(work=factories.make_work(owner=owner, job=job))


def radios(page: Page, name: str) -> list[tuple[str | None, bool]]:
    return [(tag["value"], "checked" in tag) for tag in page.all("input") if tag.get("name") == name]


def test_people_choose_which_of_their_pictures_are_meant(client: Client, creator: User, stranger: User) -> None:
    """Only what they have pictures of is there to choose, the newest chosen; without a choice the page asks for one."""
    make_pictures(creator, "ab", "ab", "cd", "cd")
    make_pictures(stranger, "ef", "ef")
    client.force_login(creator)
    page = shown(client, "web:set-audits")
    assert radios(page, "domain") == [(f"generated:{'cd' * 32}", True), (f"generated:{'ab' * 32}", False)]
    assert "2 pictures by colophon-mini (weights cdcdcdcdcdcd…), the newest of" in page.text

    address = reverse("web:set-audits")
    asked_again = client.post(address)
    assert asked_again.status_code == 400
    assert "These pictures are of several kinds, which are judged apart. Choose one." in asked_again.content.decode()
    assert client.post(address, {"domain": f"generated:{'ef' * 32}"}).status_code == 422
    assert not SetAudit.objects.exists()
    assert client.post(address, {"domain": f"generated:{'ab' * 32}"}).status_code == 302
    assert SetAudit.objects.get().weights == "ab" * 32
    assert "weights abababababab…" in shown(client, "web:set-audits").text


def test_reviewers_are_told_what_there_is_of_a_model(client: Client, creator: User, reviewer: User) -> None:
    reviewer.user_permissions.add(Permission.objects.get(codename="audit_everybody"))
    make_pictures(creator, "ab", "ab", "cd", "cd")
    client.force_login(reviewer)
    assert radios(shown(client, "web:set-audits"), "domain") == []
    for kind, name in (("model", "colophon-mini"), ("person", "ada")):
        answer = client.get(reverse("web:set-audits"), {"kind": kind, "name": name})
        page = Page(answer.content.decode())
        assert (page.problems, page.unlabelled()) == ([], [])
        assert radios(page, "domain") == [(f"generated:{'cd' * 32}", True), (f"generated:{'ab' * 32}", False)]
    address = reverse("web:set-audits")
    assert client.post(address, {"kind": "person", "name": "ada"}).status_code == 400
    assert client.post(address, {"kind": "model", "name": "colophon-mini"}).status_code == 302
    assert SetAudit.objects.get().weights == "cd" * 32


def test_everybody_finds_the_page_from_their_works(client: Client, creator: User) -> None:
    factories.make_version(work=factories.make_work(owner=creator))
    client.force_login(creator)
    page = shown(client, "web:works")
    assert reverse("web:set-audits") in [link["href"] for link in page.all("a")]


def test_too_many_requests_are_told_when_to_come_back(
    client: Client, creator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.web.views.set_audits.seconds_to_wait", lambda *_args, **_options: 42)
    client.force_login(creator)
    answer = client.post(reverse("web:set-audits"))
    assert (answer.status_code, answer["Retry-After"]) == (429, "42")
    assert not SetAudit.objects.exists()
