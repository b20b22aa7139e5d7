"""Many versions judged as one: asked for, judged by a worker, seen by whom it concerns."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from generation.models import Job
from provenance.audits import judge_set as judging
from provenance.audits.ask_set import ask_set
from provenance.audits.judge_set import judge_set_audit
from provenance.audits.models import SetAudit
from provenance.audits.tasks import sweep
from provenance.audits.wording import tell
from provenance.works.models import Version
from similarity import index as index_module
from similarity.errors import SimilarityError
from similarity.models import Artist, Audit, Calibration
from tests.factories import make_audit, make_calibration, make_job, make_passport, make_version, make_work
from tests.similarity.collections import Collection, make_collection

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/set-audits/"


@pytest.fixture
def reviewer(reviewer: User) -> User:
    reviewer.user_permissions.add(Permission.objects.get(codename="audit_everybody"))
    return User.objects.get(pk=reviewer.pk)


OLD, NEW = (f"generated:{two * 32}" for two in ("ab", "cd"))


def picture(
    owner: User, *, prompt: str = "", model: str = "colophon-mini", weights: str = "ab" * 32, **audit: Any
) -> Version:
    """A published picture of its own work, with its own prompt unless one is given."""
    prompt = prompt or f"picture {uuid4()}"
    passport = make_passport(name=model, weights_sha256=weights)
    job = make_job(owner=owner, prompt=prompt, model=model, status=Job.Status.SUCCEEDED, passport=passport)
    return make_version(work=make_work(owner=owner, job=job), audit=make_audit(owner=owner, **audit))


def ask(api: APIClient, user: User, **body: Any) -> Any:
    api.force_authenticate(user)
    return api.post(ADDRESS, body, format="json")


def test_a_person_has_their_own_pictures_judged(
    api: APIClient, creator: User, stranger: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    mine = [picture(creator), picture(creator)]
    picture(stranger)
    with django_capture_on_commit_callbacks() as after_commit:
        answer = ask(api, creator, kind="person", person="ada")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["outcome"], told["name"]) == ("waiting", "", "ada")
    assert told["versions"] == [str(version.pk) for version in mine]
    assert len(after_commit) == 1


def test_others_pictures_and_models_are_for_reviewers(
    api: APIClient, creator: User, stranger: User, reviewer: User
) -> None:
    for _ in range(2):
        picture(creator)
    for body in ({"kind": "person", "person": "ada"}, {"kind": "model", "model": "colophon-mini"}):
        refused = ask(api, stranger, **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_reviewer")
        assert not SetAudit.objects.exists()
        assert ask(api, reviewer, **body).status_code == 201
        SetAudit.objects.all().delete()


def test_a_strangers_version_is_not_there(api: APIClient, creator: User, stranger: User) -> None:
    theirs, mine = picture(stranger), picture(creator)
    answer = ask(api, creator, kind="versions", versions=[str(mine.pk), str(theirs.pk)])
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_version")
    assert not SetAudit.objects.exists()
    also = picture(creator)
    answer = ask(api, creator, kind="versions", versions=[str(mine.pk), str(also.pk)])
    assert answer.json()["versions"] == [str(mine.pk), str(also.pk)]


def test_what_cannot_be_asked(api: APIClient, creator: User, reviewer: User) -> None:
    only = picture(creator)
    for user, body, status, code in (
        (creator, {"kind": "versions", "versions": [str(only.pk)]}, 409, "too_few_pictures"),
        (creator, {"kind": "contest"}, 400, "invalid_choice"),
        (reviewer, {"kind": "person", "person": "nobody"}, 400, "unknown_person"),
        (reviewer, {"kind": "model", "model": "no-such-model"}, 400, "unknown_model"),
        (reviewer, {"kind": "model"}, 400, "unknown_model"),
        (creator, {"kind": "person", "person": "ada", "domain": "uploads"}, 400, "unknown_domain"),
        (creator, {"kind": "versions", "versions": ["x"]}, 400, "invalid"),
    ):
        answer = ask(api, user, **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not SetAudit.objects.exists()


@pytest.fixture
def several(creator: User, stranger: User) -> dict[str, list[str]]:
    """Two versions' worth of one model's pictures, the later one used last, and uploads: ids by domain."""
    rows = [picture(creator, domain="uploads") for _ in range(2)]
    rows += [picture(creator, weights=weights * 32) for weights in ("ab", "cd") for _ in range(3)]
    picture(stranger, domain="uploads")
    found: dict[str, list[str]] = {}
    for row, domain in zip(rows, ["uploads"] * 2 + [OLD] * 3 + [NEW] * 3, strict=True):
        found.setdefault(domain, []).append(str(row.pk))
    return found


def test_pictures_of_several_kinds_are_chosen_among(
    api: APIClient, creator: User, stranger: User, several: dict[str, list[str]]
) -> None:
    refused = ask(api, creator, kind="person", person="ada")
    assert (refused.status_code, refused.json()["code"]) == (400, "mixed_domains")
    for beside in ({}, {"model": "colophon-mini"}):  # which a list does not take
        refused = ask(api, creator, kind="versions", versions=several["uploads"] + several[OLD], **beside)
        assert (refused.status_code, refused.json()["code"]) == (400, "mixed_domains")
    assert not SetAudit.objects.exists()

    choices = api.get(f"{ADDRESS}domains/", {"kind": "person", "person": "ada"}).json()
    assert [(each["domain"], each["model"], each["pictures"]) for each in choices] == [
        (NEW, "colophon-mini", 3),
        (OLD, "colophon-mini", 3),
        ("uploads", "", 2),
    ]
    for choice in choices:
        told = ask(api, creator, kind="person", person="ada", domain=choice["domain"]).json()
        assert (told["domain"], told["versions"]) == (choice["domain"], several[choice["domain"]])


def test_others_kinds_are_not_told(api: APIClient, stranger: User, several: dict[str, list[str]]) -> None:
    api.force_authenticate(stranger)
    for query in ({"kind": "person", "person": "ada"}, {"kind": "model", "model": "colophon-mini"}):
        refused = api.get(f"{ADDRESS}domains/", query)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_reviewer")
    own = api.get(f"{ADDRESS}domains/", {"kind": "person", "person": "ben"}).json()
    assert [(each["domain"], each["pictures"]) for each in own] == [("uploads", 1)]


def test_a_model_means_the_weights_it_used_last(
    api: APIClient, creator: User, reviewer: User, several: dict[str, list[str]]
) -> None:
    """Given a model that was upgraded, the two are never one set; and what was not made by it alone is in neither."""
    for whose in ({"kind": "model"}, {"kind": "person", "person": "ada"}):
        for named, domain in (({}, NEW), ({"domain": OLD}, OLD), ({"domain": NEW}, NEW)):
            told = ask(api, reviewer, model="colophon-mini", **whose, **named).json()
            assert (told["domain"], told["versions"]) == (domain, several[domain])
    refused = ask(api, reviewer, kind="model", model="colophon-mini", domain="uploads")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_domain")


def test_a_repeated_request_makes_one_row(api: APIClient, creator: User) -> None:
    for _ in range(2):
        picture(creator)
    api.force_authenticate(creator)
    body = {"kind": "person", "person": "ada"}
    answers = [api.post(ADDRESS, body, format="json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    other = api.post(ADDRESS, {**body, "model": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert SetAudit.objects.count() == 1


@pytest.fixture
def collection(settings: Settings, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """Known works by an encoder that is never asked: every audit has kept its vector."""
    settings.INDEX_DIR = tmp_path / "index"
    index_module._open.clear()
    made = make_collection()

    class Encoder:
        fingerprint, dimension = made.encoder, made.dimension

    monkeypatch.setattr("similarity.encoder.load_encoder", Encoder)
    return made


def asked(creator: User, collection: Collection, *, artist: int, n: int = 10, domain: str = "uploads") -> SetAudit:
    versions = [
        picture(creator, domain=domain, encoder=collection.encoder, vector=vector.astype("<f4").tobytes())
        for vector in collection.works_of(artist, n)
    ]
    return SetAudit.objects.create(owner=creator, kind="versions", versions=[str(version.pk) for version in versions])


def test_a_set_in_one_hand_is_told_to_it(creator: User, collection: Collection, api: APIClient) -> None:
    calibration = collection.calibrated()
    row = asked(creator, collection, artist=3)
    assert judge_set_audit(row.pk)
    assert not judge_set_audit(row.pk), "once"

    row.refresh_from_db()
    assert (row.status, row.outcome, row.calibration, row.domain) == ("judged", "style_match", calibration, "uploads")
    assert row.decision["groups"] == 10
    assert list(row.outcome_artists.all()) == [Artist.objects.get(slug="artist-03")]
    api.force_authenticate(creator)
    told = api.get(f"{ADDRESS}{row.pk}/").json()
    assert (told["decision"]["candidates"][0]["slug"], told["is_stale"]) == ("artist-03", False)

    collection.calibrated()
    assert api.get(f"{ADDRESS}{row.pk}/").json()["is_stale"] is True


def test_a_set_of_somebody_unknown_names_nobody(creator: User, collection: Collection) -> None:
    collection.calibrated()
    row = asked(creator, collection, artist=99)
    judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.outcome, row.outcome_artists.count()) == ("no_known_artist", 0)
    told = tell(row.decision)
    assert "is not asked of uploads: pictures by one hand depend on each other" in told.watch[0]
    assert told.headline == "Taken together, they single out no artist on record"
    assert "A resemblance can be there and be too weak to show." in told.sentences


def test_without_a_calibration_nothing_is_judged(creator: User, collection: Collection) -> None:
    row = asked(creator, collection, artist=3)
    judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.status, row.outcome, row.decision["reasons"]) == ("judged", "not_calibrated", ["no_calibration"])
    assert not row.outcome_artists.exists()


def test_pictures_of_several_models_are_not_one_set(creator: User, collection: Collection) -> None:
    row = asked(creator, collection, artist=3, n=2)
    other = asked(creator, collection, artist=3, n=2, domain=f"{Calibration.GENERATED}{'0' * 64}")
    row.versions += other.versions
    row.save()
    judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error_code, row.outcome) == ("failed", "mixed_domains", "")


def test_pictures_of_one_prompt_are_one_group(creator: User) -> None:
    one, same, other = (picture(creator, prompt=prompt) for prompt in ("A river", "a  RIVER ", "a church"))
    assert judging.group_of(one) == judging.group_of(same) != judging.group_of(other)


def test_what_may_pass_is_tried_again_and_in_the_end_given_up(
    creator: User, collection: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 2
    row = asked(creator, collection, artist=3, n=2)

    def away(_row: SetAudit) -> dict[str, Any]:
        raise SimilarityError("index_unwritable", "The index cannot be written.", permanent=False)

    monkeypatch.setattr(judging, "_judged", away)
    assert not judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("waiting", 1)
    assert not judge_set_audit(row.pk), "it waits"
    SetAudit.objects.update(lease_until=None)
    assert judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error_code, row.error) == ("failed", "index_unwritable", "The index cannot be written.")


def test_a_set_that_kills_its_worker_each_time_is_given_up(creator: User, settings: Settings) -> None:
    settings.MAX_ATTEMPTS = 2
    row = SetAudit.objects.create(owner=creator, kind="versions", versions=[], attempts=2)
    assert judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "gave_up")
    assert row.error == "This was tried 2 times without success. The worker stopped without a word each time."


def test_asking_rings_the_task_and_the_sweep_rings_for_what_waits(
    creator: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = SetAudit.objects.create(owner=creator, kind="versions", versions=[])
    SetAudit.objects.create(owner=creator, kind="versions", versions=[], status="judged")
    rung: list[Any] = []
    monkeypatch.setattr("provenance.audits.tasks.judge_set.apply_async", lambda args, **_options: rung.append(args))
    sweep()
    assert rung == [(str(waiting.pk),)]
    with django_capture_on_commit_callbacks(execute=True):
        row, _new = ask_set(owner=creator, kind="versions", versions=[picture(creator).pk for _ in range(2)])
    assert rung[1:] == [(str(row.pk),)]


def test_an_audit_of_a_deleted_version_is_judged_on_the_rest(creator: User, collection: Collection) -> None:
    collection.calibrated()
    row = asked(creator, collection, artist=3, n=3)
    row.versions.append(str(uuid4()))
    row.save()
    judge_set_audit(row.pk)
    row.refresh_from_db()
    assert (row.status, row.decision["n"]) == ("judged", 3)
    assert Audit.objects.count() == 3


def test_a_list_of_sets_costs_the_same_for_many(
    api: APIClient, creator: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    """Given sets judged by a calibration that was replaced and by the present one, one of them is stale."""
    before = make_calibration(domain="uploads", state="retired")
    now = make_calibration(domain="uploads")
    for calibration in (before, now, now, now):
        SetAudit.objects.create(
            owner=creator, kind="person", status="judged", domain="uploads", calibration=calibration
        )
    api.force_authenticate(creator)

    with django_assert_max_num_queries(3):
        rows = api.get(ADDRESS).json()["results"]

    assert [row["calibration"] for row in rows if row["is_stale"]] == [str(before.pk)]
    assert len(rows) == 4
    assert [row.is_stale for row in SetAudit.objects.order_by("created_at")] == [True, False, False, False]
