"""Steps of a model: asked once, delivered once, taken back, failed, private."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from generation import blobs
from generation.delivery import ring_undelivered
from generation.models import Job
from generation.render import render_next
from provenance.ledger.models import Event
from provenance.works.editing.compose import compose_version
from provenance.works.editing.model_steps import receive_step
from provenance.works.editing.models import Edit, Sitting
from provenance.works.models import PrivatePrompt, Version
from similarity.models import Artist, Reference
from tests.provenance.works.editing.conftest import Call, through

pytestmark = pytest.mark.django_db

INPAINT: dict[str, Any] = {
    "operation": "inpaint",
    "parameters": {"prompt": "a lighthouse", "mask": [[[40, 30]]], "mask_size": 20, "seed": "5"},
}
VARIATION: dict[str, Any] = {"operation": "variation", "parameters": {}}


def step_job() -> Job:
    return Job.objects.get(edit__isnull=False)


def test_the_job_begins_from_what_is_seen(sitting: dict[str, Any], call: Call) -> None:
    now = call(sitting, "steps", expect=201, **INPAINT)
    job = step_job()
    assert (job.operation, job.strength, job.seed, job.width, job.height) == ("inpaint", 1.0, "5", 96, 64)
    assert job.on_finish == "provenance.works.tasks.receive_step"
    step = now["steps"][0]
    assert (step["pending"], step["job"]["status"], step["source_type"]) == (
        True,
        "queued",
        "compositeWithTrainedAlgorithmicMedia",
    )
    assert Job.objects.filter(owner=job.owner).count() == 2


def test_it_is_delivered_once_by_whoever_comes_first(sitting: dict[str, Any], call: Call) -> None:
    call(sitting, "steps", expect=201, **INPAINT)
    assert render_next() == 1
    job = step_job()
    edit = receive_step(job.pk)
    assert edit is not None
    assert edit.output == job.outputs.get()
    assert edit.box is not None
    assert receive_step(job.pk) is None
    assert Event.objects.filter(subject=str(job.pk), kind="job.succeeded").count() == 1
    assert Version.objects.count() == 1, "a step's picture is no work of its own"


def test_a_worker_that_dies_while_receiving_loses_nothing(
    sitting: dict[str, Any], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(sitting, "steps", expect=201, **INPAINT)
    render_next()

    def dies(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("provenance.works.editing.model_steps.append", dies)
        with pytest.raises(KeyboardInterrupt):
            receive_step(step_job().pk)
    job = step_job()
    assert (job.delivered_at, Edit.objects.get().output) == (None, None)
    Job.objects.update(finished_at="2026-01-01T00:00:00Z")
    assert ring_undelivered() == 1
    assert receive_step(job.pk) is not None


def test_taking_it_back_stops_the_model(owner: APIClient, sitting: dict[str, Any], call: Call) -> None:
    now = call(sitting, "steps", expect=201, **INPAINT)
    undone = call(now, "undo")
    assert step_job().status == "cancelled"
    assert (undone["pending"], undone["can_redo"], undone["can_undo"]) == (False, False, False)
    receive_step(step_job().pk)
    again = call(undone, "steps", expect=201, operation="flip", parameters={"axis": "vertical"})
    assert again["can_undo"] is True


def test_a_job_that_fails_leaves_the_sitting_as_it_was(owner: APIClient, sitting: dict[str, Any], call: Call) -> None:
    before = owner.get(sitting["preview"]).content
    call(sitting, "steps", expect=201, **INPAINT)
    Job.objects.filter(pk=step_job().pk).update(
        status="failed", error_code="out_of_memory", error="Too little memory.", finished_at="2026-11-22T00:00:00Z"
    )
    now = owner.get(f"/api/v1/sittings/{sitting['id']}/").json()
    step = now["steps"][0]
    assert (step["undone"], step["pending"], step["job"]["code"]) == (True, False, "out_of_memory")
    assert owner.get(sitting["preview"]).content == before
    assert (now["can_undo"], now["can_redo"]) == (False, False)


def test_what_a_model_cannot_be_asked_is_refused_and_nothing_is_kept(sitting: dict[str, Any], call: Call) -> None:
    for changes, code, status in (
        ({"model": "nobody/knows"}, "unknown_model", 400),
        ({"seed": "-1"}, "bad_seed", 400),
        ({"mask": [[[5000, 5000]]]}, "mask_empty", 400),
        ({"prompt": "a\u2066b"}, "text_characters", 400),
    ):
        parameters = {**INPAINT["parameters"], **changes}
        refused = call(sitting, "steps", expect=status, operation="inpaint", parameters=parameters)
        assert refused["code"] == code
    assert Edit.objects.count() == 0
    assert Job.objects.filter(edit__isnull=False).count() == 0
    assert Sitting.objects.get().revision == 0


def test_a_variation_asks_what_the_picture_was_asked_for(sitting: dict[str, Any], call: Call) -> None:
    now = call(sitting, "steps", expect=201, **VARIATION)
    assert (step_job().prompt, step_job().operation, step_job().strength) == ("a harbour at sunset", "img2img", 0.4)
    render_next()
    receive_step(step_job().pk)
    version = Version.objects.get(pk=call(now, "commit")["version"])
    version = through(version)
    assert version.contribution.shares["last_change"] == {
        **dict.fromkeys(("unknown", "ai_generation", "human_edit", "declared"), 0.0),
        "ai_edit": 1.0,
    }
    [_opened, edited] = version.credential.manifest["manifests"][0]["assertions"]["c2pa.actions.v2"]["actions"]
    assert edited["softwareAgent"]["name"] == "colophon-mini"
    assert edited["parameters"]["org.colophon.seed"] == step_job().outputs.get().seed


def test_a_private_prompt_stays_out_of_every_step(sitting: dict[str, Any], call: Call) -> None:
    """Given a work whose prompt is private, when a part of it is redrawn, then those words are private, too."""
    Job.objects.update(private_prompt=True)
    now = call(sitting, "steps", expect=201, **INPAINT)
    render_next()
    receive_step(step_job().pk)
    version = through(Version.objects.get(pk=call(now, "commit")["version"]))
    action = version.credential.manifest["manifests"][0]["assertions"]["c2pa.actions.v2"]["actions"][1]
    assert "lighthouse" not in str(action)
    assert PrivatePrompt.objects.get(version=version).prompt == "a lighthouse"
    assert action["parameters"]["org.colophon.prompt_commitment"]
    assert "lighthouse" not in str(version.credential.manifest["manifests"][0])


def test_a_private_step_is_told_to_its_owner_alone(
    sitting: dict[str, Any], call: Call, owner: APIClient, reviewer: User, admin_client: Client
) -> None:
    Job.objects.update(private_prompt=True)
    call(sitting, "steps", expect=201, **INPAINT)
    address = f"/api/v1/sittings/{sitting['id']}/"
    (mine,) = owner.get(address).json()["steps"]
    assert (mine["parameters"]["prompt"], mine["job"]["prompt"]) == ("a lighthouse", "a lighthouse")

    other = APIClient()
    other.force_authenticate(reviewer)
    answer = other.get(address)
    (theirs,) = answer.json()["steps"]
    assert "lighthouse" not in answer.content.decode()
    assert (theirs["parameters"]["prompt"], theirs["parameters"]["seed"]) == ("", "5")
    assert (theirs["job"]["prompt"], theirs["job"]["private_prompt"]) == ("", True)
    edit = Edit.objects.get()
    page = admin_client.get(f"/admin/works/edit/{edit.pk}/change/").content.decode()
    assert "lighthouse" not in page
    assert "mask_size" in page
    assert edit.parameters["prompt"] == "a lighthouse"


def test_composing_twice_gives_the_same_picture(sitting: dict[str, Any], call: Call) -> None:
    now = call(sitting, "steps", expect=201, **INPAINT)
    render_next()
    receive_step(step_job().pk)
    now = call({**now, "revision": 1}, "steps", expect=201, operation="rotate", parameters={"angle": 12.5})
    version = Version.objects.get(pk=call(now, "commit")["version"])
    from provenance.works.editing.compose import replayed

    row = Sitting.objects.get()
    first, again = replayed(row), replayed(row)
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert compose_version(version.pk)


def test_steps_of_a_model_are_counted_as_jobs_and_others_are_not(
    sitting: dict[str, Any], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"create-job": "1/min"})
    now = call(sitting, "steps", expect=201, operation="flip", parameters={"axis": "vertical"})
    now = call(now, "steps", expect=201, operation="flip", parameters={"axis": "vertical"})
    now = call(call(now, "steps", expect=201, **VARIATION), "undo")
    assert call(now, "steps", expect=429, **VARIATION)["code"] == "throttled"
    assert Edit.objects.count() == 3


def test_a_refused_name_or_picture_stops_a_models_step(sitting: dict[str, Any], call: Call) -> None:
    """Given an artist who refuses generation in their name, then no step names them or redraws a work of theirs."""
    from similarity.fingerprint import codes_of_looks
    from similarity.pictures import decode

    monet = Artist.objects.create(slug="monet", name="Claude Monet", naming="refuses")
    named = {"operation": "inpaint", "parameters": {**INPAINT["parameters"], "prompt": "a pond by M\u043enet"}}
    answer = call(sitting, "steps", expect=403, **named)
    assert (answer["code"], answer["rewrite"]) == ("artist_refused", "a pond")

    parent = Version.objects.get()
    code = codes_of_looks(decode(blobs.get(parent.blob)).rgb)["image_code"]
    Reference.objects.create(artist=monet, title="Harbour", sha256="0" * 64, fingerprint=code)
    answer = call(sitting, "steps", expect=403, **VARIATION)
    assert answer["code"] == "artist_refused"
    assert "Harbour" in answer["detail"]
    assert Edit.objects.count() == 0
    assert Job.objects.filter(edit__isnull=False).count() == 0
