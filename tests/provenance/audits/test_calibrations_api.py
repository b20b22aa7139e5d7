"""``/api/v1/calibrations``: read by those who may look, decided with a reason by those who may, and once."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from provenance.ledger.erase import erase_person
from provenance.ledger.models import Event
from provenance.ledger.verify import verify_ledger
from similarity.calibrate import calibrate
from similarity.enrol import withdraw
from similarity.models import Audit, Calibration, Reference
from tests import factories
from tests.provenance.web.test_calibrations import collection, decider, draft  # noqa: F401
from tests.similarity.collections import Collection

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/calibrations/"
VERBS = ("accept", "reject")


def listed(api: APIClient, **query: str) -> list[str]:
    answer = api.get(ADDRESS, query)
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def decide(api: APIClient, row: Calibration, verb: str = "accept", **body: object) -> tuple[int, dict[str, Any]]:
    answer = api.post(f"{ADDRESS}{row.pk}/{verb}/", body, format="json")
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("who", "status", "code"), [(None, 401, "not_authenticated"), ("creator", 403, "permission_denied")]
)
def test_others_may_neither_look_nor_decide(
    api: APIClient, request: pytest.FixtureRequest, who: str | None, status: int, code: str
) -> None:
    row = factories.make_calibration(state="draft", decided_at=None)
    if who:
        user = request.getfixturevalue(who)
        # Leave to decide is none to look: both are needed, as on the pages.
        user.user_permissions.add(Permission.objects.get(codename="decide_calibration"))
        api.force_authenticate(User.objects.get(pk=user.pk))
    for address in (ADDRESS, f"{ADDRESS}{row.pk}/", f"{ADDRESS}{row.pk}/changes/"):
        answer = api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    for verb in VERBS:
        answered, told = decide(api, row, verb, reason="good figures")
        assert (answered, told["code"]) == (status, code)
    row.refresh_from_db()
    assert (row.state, Event.objects.count()) == ("draft", 0)


def test_a_reviewer_may_look_and_not_decide(api: APIClient, reviewer: User) -> None:
    row = factories.make_calibration(state="draft", decided_at=None)
    api.force_authenticate(reviewer)
    assert listed(api) == [str(row.pk)]
    for verb in VERBS:
        answered, told = decide(api, row, verb, reason="good figures")
        assert (answered, told["code"]) == (403, "permission_denied")
    row.refresh_from_db()
    assert (row.state, Event.objects.count()) == ("draft", 0)


def test_an_administrator_may_do_both(api: APIClient, draft: Calibration) -> None:  # noqa: F811
    api.force_authenticate(User.objects.create_superuser("root"))
    assert listed(api) == [str(draft.pk)]
    assert decide(api, draft, reason="first")[0] == 200


def test_the_list_is_narrowed_by_domain_encoder_and_state(api: APIClient, reviewer: User) -> None:
    uploads = factories.make_calibration()
    before = factories.make_calibration(state="retired")
    model = factories.make_calibration(domain="generated:" + "ab" * 32)
    other = factories.make_calibration(encoder="ff" * 32)
    api.force_authenticate(reviewer)

    def ids(*rows: Calibration) -> list[str]:
        return [str(row.pk) for row in rows]

    assert listed(api) == ids(other, model, before, uploads), "newest first"
    assert listed(api, domain="uploads") == ids(other, before, uploads)
    assert listed(api, domain="uploads", state="accepted", encoder="ee" * 32) == ids(uploads)
    assert listed(api, encoder="ff" * 32) == ids(other)
    assert listed(api, domain="nothing") == []
    answer = api.get(ADDRESS, {"state": "perhaps"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "state")


def test_the_list_comes_in_pages(api: APIClient, reviewer: User) -> None:
    rows = [factories.make_calibration(state="retired") for _number in range(3)]
    api.force_authenticate(reviewer)
    first = api.get(ADDRESS, {"page_size": 2}).json()
    second = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == [str(row.pk) for row in reversed(rows)]
    assert second["next"] is None


def test_the_list_costs_the_same_for_many(
    api: APIClient, reviewer: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    for _number in range(5):
        factories.make_calibration(state="retired", previous=Calibration.objects.first())
    api.force_authenticate(reviewer)
    with django_assert_num_queries(3):  # the two kinds of permissions, calibrations
        assert len(listed(api)) == 5


def test_one_nobody_knows_is_not_found(api: APIClient, decider: User) -> None:  # noqa: F811
    api.force_authenticate(decider)
    for address in (f"{ADDRESS}{uuid4()}/", f"{ADDRESS}{uuid4()}/changes/"):
        answer = api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api.post(f"{ADDRESS}{uuid4()}/accept/", {"reason": "x"}, format="json").status_code == 404


def test_a_calibration_tells_facts_and_figures(api: APIClient, reviewer: User, draft: Calibration) -> None:  # noqa: F811
    api.force_authenticate(reviewer)
    told = api.get(f"{ADDRESS}{draft.pk}/").json()

    assert (told["domain"], told["state"], told["strategy"]) == ("uploads", "draft", draft.strategy)
    assert (told["works"], told["artists"], told["units"], told["generator"]) == (288, 24, 24, {})
    assert (told["encoder"], told["cohort"], told["sha256"]) == (draft.encoder, draft.cohort, draft.sha256)
    assert (told["previous"], told["reason"], told["decided_by"], told["decided_at"]) == (None, "", "", None)
    one, five = told["thresholds"]
    assert (one["alpha"], one["value"], one["guarantee"], one["units"]) == (0.01, None, "none", 24)
    assert (five["value"], five["guarantee"]) == (draft.thresholds[1]["value"], "average")
    assert (one["confidence"], five["confidence"]) == (None, None)
    assert [of["confidence"] for of in told["sets"][0]["thresholds"]] == [None, None]
    assert five["power"] == draft.figures["strategies"][draft.strategy]["0.05"]["power"] > 0
    likelihood = draft.figures["likelihood"]
    assert told["likelihood"]["cllr"] == likelihood["cllr"]
    assert [each["trials"] for each in told["likelihood"]["reliability"]] == [
        each["trials"] for each in likelihood["reliability"]
    ]
    assert [of["size"] for of in told["sets"]] == sorted(map(int, draft.figures["sets"]))
    assert told["maxima"] == draft.figures["maxima"]
    assert told["trained"] == {"artists": None, "trained": None, "unseen": None, **draft.figures["trained"]}
    assert (told["judged"], told["stale"]) == (0, 0)
    assert "numbers" not in told


def test_one_that_was_replaced_and_the_one_that_replaced_it(api: APIClient, reviewer: User) -> None:
    """Given figures of an older kind, most of them missing, then they are null and the facts are there."""
    old = factories.make_calibration(state="retired", figures={})
    factories.make_judged_audit(calibration=old)
    new = factories.make_calibration(previous=old)
    api.force_authenticate(reviewer)
    told = api.get(f"{ADDRESS}{new.pk}/").json()
    assert (told["previous"], told["judged"], told["stale"]) == (str(old.pk), 0, 1)
    assert (told["reason"], told["decided_by"]) == ("first calibration", "rita")
    told = api.get(f"{ADDRESS}{old.pk}/").json()
    assert (told["judged"], told["stale"], told["likelihood"], told["sets"]) == (1, 0, None, [])
    assert [level["power"] for level in told["thresholds"]] == [None, None]


def test_a_draft_says_what_it_would_change(
    api: APIClient,
    reviewer: User,
    collection: Collection,  # noqa: F811
) -> None:
    vector = collection.works_of(3, 1)[0].astype("<f4").tobytes()
    audit = factories.make_audit(domain="uploads", encoder=collection.encoder, vector=vector)
    row = calibrate(encoder=collection.encoder, dimension=collection.dimension, domain="uploads")
    api.force_authenticate(reviewer)
    change = {"before": "not_calibrated", "after": "style_match"}
    assert api.get(f"{ADDRESS}{row.pk}/changes/").json() == {
        "compared": 1,
        "changed": 1,
        "counts": [{**change, "audits": 1}],
        "named": [{**change, "audit": str(audit.pk), "artist_before": "", "artist_after": "Artist 3"}],
        "sets": {"compared": 0, "changed": 0, "counts": [], "named": []},
    }
    audit.refresh_from_db()
    assert audit.outcome == Audit.Outcome.NOT_CALIBRATED


def test_only_a_draft_of_the_encoder_in_use_can_say_so(
    api: APIClient,
    reviewer: User,
    collection: Collection,  # noqa: F811
) -> None:
    api.force_authenticate(reviewer)
    for fields, code in (({}, "calibration_decided"), ({"state": "draft", "encoder": "ff" * 32}, "other_encoder")):
        row = factories.make_calibration(**fields)
        answer = api.get(f"{ADDRESS}{row.pk}/changes/")
        assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.parametrize("verb", VERBS)
def test_without_a_reason_nothing_is_decided(
    api: APIClient,
    decider: User,  # noqa: F811
    draft: Calibration,  # noqa: F811
    verb: str,
) -> None:
    api.force_authenticate(decider)
    for body in ({}, {"reason": "  "}):
        answered, told = decide(api, draft, verb, **body)
        assert (answered, told["code"]) == (400, "reason_missing")
    answered, told = decide(api, draft, verb, reason="x" * 2_001)
    assert (answered, told["errors"][0]["field"]) == (400, "reason")
    draft.refresh_from_db()
    assert (draft.state, Event.objects.count()) == ("draft", 0)


def test_accepting_twice_is_accepting_once(api: APIClient, decider: User, draft: Calibration) -> None:  # noqa: F811
    api.force_authenticate(decider)
    answered, told = decide(api, draft, reason="good figures")
    assert (answered, told["state"], told["reason"], told["decided_by"]) == (200, "accepted", "good figures", "rita")
    event = Event.objects.get(kind="thresholds.in_force")
    assert [row["sha256"] for row in event.payload["calibrations"]] == [draft.sha256]

    assert decide(api, draft, reason=" good figures ") == (200, told)
    for verb, reason in (("accept", "for another reason"), ("reject", "good figures")):
        answered, refused = decide(api, draft, verb, reason=reason)
        assert (answered, refused["code"]) == (409, "calibration_decided")
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == ("accepted", "good figures")
    assert Event.objects.filter(kind="thresholds.in_force").count() == 1


def test_a_second_answer_notes_what_the_first_could_not(
    api: APIClient,
    decider: User,  # noqa: F811
    draft: Calibration,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a process that ended before it noted what is in force, when it is asked again, then it is noted."""
    api.force_authenticate(decider)
    with monkeypatch.context() as broken:
        broken.setattr("provenance.audits.calibration_drafts.note_thresholds", lambda: None)
        decide(api, draft, reason="first")
    assert [event.kind for event in Event.objects.all()] == ["calibration.accepted"]
    assert decide(api, draft, reason="first")[0] == 200
    assert [event.kind for event in Event.objects.order_by("sequence")] == [
        "calibration.accepted",
        "thresholds.in_force",
    ]


@pytest.mark.parametrize(("verb", "kind"), [("accept", "calibration.accepted"), ("reject", "calibration.rejected")])
def test_the_ledger_tells_who_decided_and_why(
    api: APIClient,
    decider: User,  # noqa: F811
    draft: Calibration,  # noqa: F811
    verb: str,
    kind: str,
) -> None:
    """Sent twice it is told once; name and reason lie beside the chain, and can be erased without breaking it."""
    api.force_authenticate(decider)
    for _time in range(2):
        assert decide(api, draft, verb, reason=" the figures of rita ")[0] == 200

    event = Event.objects.get(kind__startswith="calibration.")
    assert (event.kind, event.subject, event.payload["sha256"]) == (kind, str(draft.pk), draft.sha256)
    assert (event.payload["domain"], event.payload["encoder"]) == (draft.domain, draft.encoder)
    told = {row.name: (row.value, row.person_id) for row in event.personal.all()}
    assert told == {"actor": ("rita", decider.pk), "reason": ("the figures of rita", decider.pk)}
    assert "rita" not in f"{event.actor}{event.payload}"
    erase_person("rita")
    assert not event.personal.exists()
    assert verify_ledger().breaks == []


def test_a_decision_that_the_ledger_cannot_tell_is_none(
    api: APIClient,
    decider: User,  # noqa: F811
    draft: Calibration,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_event: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("provenance.audits.calibration_drafts.append", broken)
    api.force_authenticate(decider)
    with pytest.raises(RuntimeError):
        decide(api, draft, "reject", reason="too few artists")
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == ("draft", "")


def test_a_draft_is_laid_aside_once(api: APIClient, decider: User, draft: Calibration) -> None:  # noqa: F811
    api.force_authenticate(decider)
    answers = [decide(api, draft, "reject", reason="too few artists") for _time in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["state"], answers[0][1]["reason"]) == (200, "rejected", "too few artists")


def test_a_draft_compared_with_what_is_no_longer_in_force(
    api: APIClient,
    decider: User,  # noqa: F811
    collection: Collection,  # noqa: F811
) -> None:
    first, second = (calibrate(encoder=collection.encoder, dimension=32, domain="uploads") for _ in range(2))
    api.force_authenticate(decider)
    assert decide(api, first, reason="x")[0] == 200
    answered, told = decide(api, second, reason="x")
    assert (answered, told["code"]) == (409, "calibration_superseded")
    second.refresh_from_db()
    assert second.state == "draft"


def test_it_tells_what_became_of_its_works(api: APIClient, reviewer: User, collection: Collection) -> None:  # noqa: F811
    row = collection.calibrated()
    gone = Reference.objects.filter(title="Work 0").values_list("pk", flat=True)[:8]
    withdraw(Reference.objects.filter(pk__in=list(gone)))
    api.force_authenticate(reviewer)

    told = api.get(f"{ADDRESS}{row.pk}/").json()["standing"]

    figures = {"works": 288, "missing": 8, "may_be_missing": 14, "unjudged": 0}
    assert told == {**figures, "near_limit": True, "judges": True}
    assert api.get(ADDRESS).json()["results"][0]["standing"] == told
    Calibration.objects.update(state="retired")
    assert api.get(f"{ADDRESS}{row.pk}/").json()["standing"] is None
