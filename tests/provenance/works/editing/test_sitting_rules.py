"""Who may change a sitting, and when: owners, revisions, ends, repeats, time."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from generation.models import Job
from provenance.ledger.models import Event
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.sittings import see
from provenance.works.models import Version
from tests.provenance.works.editing.conftest import Call

pytestmark = pytest.mark.django_db

FLIP: dict[str, Any] = {"operation": "flip", "parameters": {"axis": "horizontal"}}


def begin(api: APIClient, parent: object, **headers: str) -> Any:
    return api.post("/api/v1/sittings/", {"parent": str(parent)}, format="json", **headers)  # type: ignore[arg-type]


def test_a_stale_revision_changes_nothing(owner: APIClient, sitting: dict[str, Any], call: Call) -> None:
    """Given two windows on one sitting, when the second answers an older state, then it is told so."""
    now = call(sitting, "steps", expect=201, **FLIP)
    for verb, body in (("steps", FLIP), ("undo", {}), ("redo", {}), ("commit", {}), ("abandon", {})):
        refused = call(sitting, verb, expect=409, **body)
        assert refused["code"] == "stale_revision", verb
    again = owner.get(f"/api/v1/sittings/{sitting['id']}/").json()
    assert (again["revision"], len(again["steps"]), again["status"]) == (now["revision"], 1, "open")
    assert Version.objects.count() == 1


def test_a_repeated_step_is_taken_once(owner: APIClient, sitting: dict[str, Any]) -> None:
    url = f"/api/v1/sittings/{sitting['id']}/steps/"
    body = {"revision": 0, **FLIP}
    first, second = (owner.post(url, body, format="json", HTTP_IDEMPOTENCY_KEY="step-1") for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert Edit.objects.count() == 1
    other = owner.post(url, {**body, "parameters": {"axis": "vertical"}}, format="json", HTTP_IDEMPOTENCY_KEY="step-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_a_repeated_beginning_makes_one_sitting(owner: APIClient, parent: Version) -> None:
    first, second = (begin(owner, parent.pk, HTTP_IDEMPOTENCY_KEY="one") for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_only_the_owner_sees_and_changes_it(
    api: APIClient, sitting: dict[str, Any], stranger: User, reviewer: User, call: Call
) -> None:
    url = f"/api/v1/sittings/{sitting['id']}/"
    body = {"revision": 0, **FLIP}
    api.force_authenticate(stranger)
    for path in (url, f"{url}preview.png", f"{url}steps/1/mask/"):
        assert api.get(path).status_code == 404
    assert begin(api, sitting["parent"]).status_code == 404
    assert api.get("/api/v1/sittings/").json()["results"] == []
    assert api.post(f"{url}steps/", body, format="json").status_code == 404
    api.force_authenticate(reviewer)
    assert api.get(url).status_code == 200
    assert api.post(f"{url}steps/", body, format="json").status_code == 404
    refused = begin(api, sitting["parent"])
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    api.force_authenticate(None)
    assert api.get(url).status_code == 401
    assert Edit.objects.count() == 0


def test_only_published_versions_are_edited(owner: APIClient, parent: Version) -> None:
    Version.objects.filter(pk=parent.pk).update(status=Version.Status.HELD)
    refused = begin(owner, parent.pk)
    assert (refused.status_code, refused.json()["code"]) == (400, "not_published")
    assert Sitting.objects.count() == 0


def test_a_picture_that_is_too_large_is_refused(owner: APIClient, parent: Version) -> None:
    Version.objects.filter(pk=parent.pk).update(width=10_000, height=10_000)
    refused = begin(owner, parent.pk)
    assert (refused.status_code, refused.json()["code"]) == (400, "picture_too_large_to_edit")


def test_an_abandoned_sitting_takes_nothing_more(sitting: dict[str, Any], call: Call) -> None:
    now = call(sitting, "steps", expect=201, **FLIP)
    ended = call(now, "abandon")
    assert (ended["status"], ended["version"], ended["can_undo"]) == ("abandoned", None, False)
    for verb, body in (("steps", FLIP), ("undo", {}), ("redo", {}), ("commit", {}), ("abandon", {})):
        assert call(ended, verb, expect=409, **body)["code"] == "sitting_closed", verb
    event = Event.objects.get(kind="sitting.abandoned")
    assert event.payload["steps"] == 1
    assert Version.objects.count() == 1


def test_a_sitting_without_a_change_makes_no_version(sitting: dict[str, Any], call: Call) -> None:
    assert call(sitting, "commit", expect=409)["code"] == "nothing_changed"
    now = call(call(sitting, "steps", expect=201, **FLIP), "undo")
    assert call(now, "commit", expect=409)["code"] == "nothing_changed"
    assert call(now, "undo", expect=409)["code"] == "nothing_to_undo"
    assert Version.objects.count() == 1
    assert Event.objects.filter(kind__startswith="sitting.").count() == 0


def test_a_step_after_an_undo_ends_the_redo_but_keeps_the_record(sitting: dict[str, Any], call: Call) -> None:
    now = call(call(sitting, "steps", expect=201, **FLIP), "undo")
    now = call(now, "steps", expect=201, operation="flip", parameters={"axis": "vertical"})
    assert [(step["order"], step["undone"]) for step in now["steps"]] == [(1, True), (2, False)]
    assert call(now, "redo", expect=409)["code"] == "nothing_to_redo"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "revision"),
        ({"revision": 0, "operation": "crop", "parameters": {}}, "parameter_missing", "parameters.x"),
        ({"revision": 0, "operation": "melt", "parameters": {}}, "operation_unknown", "operation"),
        ({"revision": 0, "operation": "flip", "parameters": 5}, "parameters_type", "parameters"),
        (
            {"revision": 0, "operation": "crop", "parameters": {"x": 90, "y": 0, "width": 50, "height": 20}},
            "crop_outside",
            "parameters.width",
        ),
        ({"revision": "x", **FLIP}, "invalid", "revision"),
        ({"revision": 10**30, **FLIP}, "max_value", "revision"),
        ({"revision": 0, "started_at": "soon", **FLIP}, "invalid", "started_at"),
    ],
)
def test_junk_steps_are_refused_whole(
    owner: APIClient, sitting: dict[str, Any], body: dict[str, Any], code: str, field: str
) -> None:
    answer = owner.post(f"/api/v1/sittings/{sitting['id']}/steps/", body, format="json")
    assert answer.status_code == 400, answer.content
    assert (answer.json()["code"], answer.json()["errors"][0]["field"]) == (code, field)
    assert Edit.objects.count() == 0
    assert Sitting.objects.get().revision == 0


def test_working_time_is_what_was_seen_with_breaks_cut_out(sitting: dict[str, Any]) -> None:
    row = Sitting.objects.get()
    for seconds in (30, 90, 600, 119):
        Sitting.objects.update(seen_at=timezone.now() - timedelta(seconds=seconds))
        row.refresh_from_db()
        see(row)
    assert row.active.total_seconds() == pytest.approx(30 + 90 + 119, abs=2)


def test_a_beginning_that_was_not_is_moved_into_the_sitting(sitting: dict[str, Any], call: Call) -> None:
    row = Sitting.objects.get()
    call(sitting, "steps", expect=201, started_at="2001-01-01T00:00:00Z", **FLIP)
    edit = Edit.objects.get()
    assert edit.started_at == row.started_at
    assert edit.ended_at is not None
    assert edit.ended_at >= edit.started_at


def test_too_many_steps_are_refused(sitting: dict[str, Any], call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.works.editing.steps.STEPS_MAX", 1)
    now = call(sitting, "steps", expect=201, **FLIP)
    assert call(now, "steps", expect=409, **FLIP)["code"] == "too_many_steps"


def test_pictures_are_not_sent_twice(owner: APIClient, sitting: dict[str, Any], call: Call) -> None:
    first = owner.get(sitting["preview"])
    assert owner.get(sitting["preview"], HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    call(sitting, "steps", expect=201, **FLIP)
    changed = owner.get(sitting["preview"], HTTP_IF_NONE_MATCH=first["ETag"])
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)
    small = owner.get(f"{sitting['preview']}?longest=32")
    assert len(small.content) < len(changed.content)
    missing = owner.get(f"/api/v1/sittings/{sitting['parent']}/preview.png")
    assert (missing.status_code, missing["Content-Type"], missing.json()["code"]) == (
        404,
        "application/json",
        "not_found",
    )


def test_a_sitting_comes_back_without_its_cache(owner: APIClient, sitting: dict[str, Any], call: Call) -> None:
    from django.core.cache import cache

    now = call(sitting, "steps", expect=201, **FLIP)
    now = call(now, "steps", expect=201, operation="text", parameters={"text": "你好", "x": 2, "y": 2, "size": 20})
    kept = owner.get(sitting["preview"]).content
    cache.clear()
    assert owner.get(sitting["preview"]).content == kept
    assert now["layers"][0]["name"] == "text"


def test_operations_are_listed_for_pages(owner: APIClient) -> None:
    told = {one["operation"] for one in owner.get("/api/v1/edit-operations/").json()}
    assert {"crop", "rotate", "straighten", "flip", "adjust", "curves", "brush", "eraser", "text"} < told
    assert {"clone", "heal", "inpaint", "image_to_image", "variation", "layer"} < told
    assert Job.objects.exclude(status="succeeded").count() == 0
