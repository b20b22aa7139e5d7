"""``/api/v1/jobs``, ``/outputs``, ``/models``."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from pytest_django import Settings
from rest_framework.test import APIClient

from generation.leases import new_owner
from generation.models import Job, ModelPassport, Output
from generation.render import render_next
from tests.generation.conftest import MakeJob

BODY = {"prompt": "a harbour", "width": 64, "height": 64, "steps": 2}


@pytest.fixture
def client(api: APIClient, creator: User) -> APIClient:
    api.force_authenticate(creator)
    return api


def post(client: APIClient, body: Any, **headers: str) -> Any:
    # Written out here: the test client's own JSON cannot hold what a hostile one can (lone surrogates).
    return client.post("/api/v1/jobs/", json.dumps(body), content_type="application/json", headers=headers)


def test_a_job_is_created(client: APIClient, settings: Settings) -> None:
    answer = post(client, {**BODY, "seed": 2**64 - 1, "negative_prompt": "fog", "guidance": 2, "count": 2})

    assert answer.status_code == 201
    job = Job.objects.get()
    assert answer.json() == {
        "id": str(job.pk),
        "owner": "ada",
        "status": "queued",
        "cancel_requested": False,
        "progress": {"step": 0, "steps": 2},
        "prompt": "a harbour",
        "negative_prompt": "fog",
        "private_prompt": False,
        "operation": "text2img",
        "strength": None,
        "model": settings.MODELS[0],
        "seed": "18446744073709551615",
        "width": 64,
        "height": 64,
        "steps": 2,
        "guidance": 2.0,
        "count": 2,
        "error": None,
        "outputs": [],
        "passport": None,
        "created_at": answer.json()["created_at"],
        "started_at": None,
        "finished_at": None,
    }


def test_a_prompt_is_enough(client: APIClient) -> None:
    assert post(client, {"prompt": "a harbour"}).status_code == 201
    assert Job.objects.count() == 1


def test_a_repeated_key_answers_the_same_job(client: APIClient) -> None:
    first = post(client, BODY, **{"Idempotency-Key": "k1"})
    again = post(client, BODY, **{"Idempotency-Key": "k1"})
    other = post(client, {**BODY, "prompt": "a tree"}, **{"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["id"] == first.json()["id"]
    assert other.json()["code"] == "idempotency_conflict"
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"prompt": ""}, "prompt_empty", "prompt"),
        ({"prompt": "a" * 10_000}, "prompt_too_long", "prompt"),
        ({"prompt": "a\x00b"}, "prompt_control_characters", "prompt"),
        ({"prompt": "\ud800"}, "prompt_not_unicode", "prompt"),
        ({"prompt": "\u202eabc"}, "prompt_hidden_characters", "prompt"),
        ({"prompt": ["a"]}, "invalid", "prompt"),
        ({"prompt": None}, "null", "prompt"),
        ({"negative_prompt": "\x00"}, "prompt_control_characters", "negative_prompt"),
        ({"model": "nobody/unknown"}, "unknown_model", "model"),
        ({"model": "\ud800"}, "unknown_model", "model"),
        ({"width": 65}, "bad_size", "width"),
        ({"width": 4096}, "bad_size", "width"),
        ({"width": "wide"}, "invalid", "width"),
        ({"height": 10**400}, "bad_size", "height"),
        ({"steps": 0}, "bad_steps", "steps"),
        ({"steps": 10_000}, "bad_steps", "steps"),
        ({"count": 0}, "bad_count", "count"),
        ({"count": 1000}, "bad_count", "count"),
        ({"count": None}, "null", "count"),
        ({"guidance": -1}, "bad_guidance", "guidance"),
        ({"guidance": "nan"}, "invalid", "guidance"),
        ({"guidance": 10**400}, "overflow", "guidance"),
        ({"seed": -1}, "bad_seed", "seed"),
        ({"seed": 2**64}, "bad_seed", "seed"),
        ({"seed": "many"}, "bad_seed", "seed"),
        ({"seed": 1.5}, "bad_seed", "seed"),
        ({"seed": {"a": 1}}, "bad_seed", "seed"),
    ],
)
def test_a_bad_request_names_the_field_and_stores_nothing(
    client: APIClient, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = post(client, {**BODY, **changes})

    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], [error["field"] for error in body["errors"]]) == (code, [field])
    assert body["detail"]
    assert Job.objects.count() == 0


@pytest.mark.parametrize("body", ["", "[]", '"text"', "{", '{"prompt": "a", "seed": 1e999}', "null"])
def test_a_body_that_is_no_request(client: APIClient, body: str) -> None:
    answer = client.post("/api/v1/jobs/", body, content_type="application/json")

    assert answer.status_code == 400
    assert Job.objects.count() == 0


def test_a_key_too_long(client: APIClient) -> None:
    answer = post(client, BODY, **{"Idempotency-Key": "k" * 201})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


def test_nobody_creates_without_an_account(api: APIClient, db: None) -> None:
    assert post(api, BODY).status_code == 401
    assert api.get("/api/v1/jobs/").status_code == 401
    assert Job.objects.count() == 0


def test_creating_is_throttled_and_looking_is_not(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "create-job", "2/min")

    answers = [post(client, BODY).status_code for _turn in range(3)]

    assert answers == [201, 201, 429]
    assert client.get("/api/v1/jobs/").status_code == 200
    assert Job.objects.count() == 2


def test_a_finished_job_names_its_outputs_but_no_pixels(client: APIClient, make_job: MakeJob) -> None:
    job = make_job(count=2)
    render_next()

    body = client.get(f"/api/v1/jobs/{job.pk}/").json()
    output = client.get(f"/api/v1/outputs/{body['outputs'][0]}/").json()

    assert body["status"] == "succeeded"
    assert body["progress"] == {"step": 2, "steps": 2}
    assert body["outputs"] == [str(output.pk) for output in job.outputs.all()]
    assert body["passport"] == str(ModelPassport.objects.get().pk)
    assert (output["job"], output["seed"], output["batch_size"]) == (str(job.pk), "7", 2)
    assert not {"blob", "url", "image", "file"} & set(output)


def test_a_failed_job_says_why(client: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    Job.objects.update(status="failed", error_code="bad_size", error="This size cannot be made.")

    body = client.get(f"/api/v1/jobs/{job.pk}/").json()

    assert body["error"] == {"code": "bad_size", "detail": "This size cannot be made."}


def test_what_went_wrong_on_the_way_is_not_shown(client: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    Job.objects.update(error_code="internal_error", error="Something.")

    assert client.get(f"/api/v1/jobs/{job.pk}/").json()["error"] is None


def test_a_waiting_job_is_cancelled_once(client: APIClient, make_job: MakeJob) -> None:
    job = make_job()

    first = client.post(f"/api/v1/jobs/{job.pk}/cancel/")
    again = client.post(f"/api/v1/jobs/{job.pk}/cancel/")

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "already_finished")


def test_a_running_job_is_asked_to_stop(client: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    Job.objects.claim(job.pk, owner=new_owner(), statuses=Job.OPEN, status="running")

    answer = client.post(f"/api/v1/jobs/{job.pk}/cancel/")

    assert (answer.status_code, answer.json()["status"], answer.json()["cancel_requested"]) == (200, "running", True)


def test_strangers_see_nothing_of_it(api: APIClient, stranger: User, make_job: MakeJob) -> None:
    job = make_job()
    render_next()
    output = Output.objects.get()
    api.force_authenticate(stranger)

    assert api.get("/api/v1/jobs/").json()["results"] == []
    assert api.get("/api/v1/outputs/").json()["results"] == []
    assert api.get(f"/api/v1/jobs/{job.pk}/").status_code == 404
    assert api.get(f"/api/v1/outputs/{output.pk}/").status_code == 404
    assert api.post(f"/api/v1/jobs/{job.pk}/cancel/").status_code == 404


def test_reviewers_see_all_and_cancel_nothing(api: APIClient, reviewer: User, make_job: MakeJob) -> None:
    job = make_job()
    api.force_authenticate(reviewer)

    assert [row["id"] for row in api.get("/api/v1/jobs/").json()["results"]] == [str(job.pk)]
    assert api.post(f"/api/v1/jobs/{job.pk}/cancel/").status_code == 403
    assert Job.objects.get().status == "queued"


def test_whoever_may_change_jobs_may_cancel_them(api: APIClient, reviewer: User, make_job: MakeJob) -> None:
    job = make_job()
    reviewer.user_permissions.add(Permission.objects.get(codename="change_job"))
    api.force_authenticate(User.objects.get(pk=reviewer.pk))

    assert api.post(f"/api/v1/jobs/{job.pk}/cancel/").status_code == 200


def test_lists_are_filtered_and_paged(client: APIClient, make_job: MakeJob) -> None:
    jobs = [make_job(prompt=f"picture {n}") for n in range(3)]
    render_next(only=jobs[1].pk)

    def listed(query: str) -> list[str]:
        return [row["prompt"] for row in client.get(f"/api/v1/jobs/?{query}").json()["results"]]

    assert listed("") == ["picture 2", "picture 1", "picture 0"]
    assert listed("status=succeeded") == ["picture 1"]
    assert listed("status=queued&status=succeeded") == ["picture 2", "picture 1", "picture 0"]
    assert listed("model=other") == []
    assert listed("created_before=2000-01-01T00:00:00Z") == []
    page = client.get("/api/v1/jobs/?page_size=2").json()
    assert [row["prompt"] for row in page["results"]] == ["picture 2", "picture 1"]
    assert [row["prompt"] for row in client.get(page["next"]).json()["results"]] == ["picture 0"]
    assert [row["job"] for row in client.get(f"/api/v1/outputs/?job={jobs[1].pk}").json()["results"]] == [
        str(jobs[1].pk)
    ]
    assert client.get("/api/v1/outputs/?job=nonsense").status_code == 400
    assert client.get("/api/v1/jobs/?status=nonsense").status_code == 400


def test_a_list_costs_the_same_however_long(
    client: APIClient, make_job: MakeJob, django_assert_num_queries: Any
) -> None:
    for _turn in range(5):
        make_job(count=2)
    while render_next():
        pass

    with django_assert_num_queries(4):  # the two kinds of permissions, jobs, outputs
        assert len(client.get("/api/v1/jobs/").json()["results"]) == 5


def test_models_are_seen_by_everybody_with_an_account(client: APIClient, api: APIClient, make_job: MakeJob) -> None:
    make_job()
    render_next()

    [model] = client.get("/api/v1/models/").json()["results"]

    assert (model["name"], model["pipeline"], model["training_statement"]) == (
        "colophon-mini",
        "FakePipeline",
        "trained on nothing",
    )
    assert client.delete(f"/api/v1/models/{model['id']}/").status_code == 405


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_jobs_are_never_edited(client: APIClient, make_job: MakeJob, method: str) -> None:
    job = make_job()

    assert getattr(client, method)(f"/api/v1/jobs/{job.pk}/", {"prompt": "other"}).status_code == 405
    assert Job.objects.get().prompt == "a harbour"


def test_a_private_prompt_is_told_to_its_owner_alone(creator: User, reviewer: User, make_job: MakeJob) -> None:
    """Whoever may see every request learns that there is a prompt, in the list, of one, and of one they cancel."""
    job = make_job(prompt="a hidden cove", negative_prompt="hidden fog", private_prompt=True)
    reviewer.user_permissions.add(Permission.objects.get(codename="change_job"))
    own, other = APIClient(), APIClient()
    own.force_authenticate(creator)
    other.force_authenticate(User.objects.get(pk=reviewer.pk))

    assert own.get(f"/api/v1/jobs/{job.pk}/").json()["prompt"] == "a hidden cove"
    for answer in (
        *(other.get("/api/v1/jobs/"), other.get(f"/api/v1/jobs/{job.pk}/")),
        other.post(f"/api/v1/jobs/{job.pk}/cancel/"),
    ):
        assert answer.status_code == 200
        assert "hidden" not in answer.content.decode()
    told = other.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (told["prompt"], told["negative_prompt"], told["private_prompt"]) == ("", "", True)
    assert other.get(f"/api/v1/jobs/{make_job().pk}/").json()["prompt"] == "a harbour"
