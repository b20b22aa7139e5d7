"""A sitting over HTTP: steps, undo, redo, preview, commit; and what is refused."""

import io
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image
from rest_framework.test import APIClient

from generation.render import render_next
from provenance.ledger.models import Event
from provenance.works.editing.compose import compose_version
from provenance.works.models import Version
from tests.provenance.works.editing.conftest import Call, through

pytestmark = pytest.mark.django_db

LINE = [[[10, 10], [60, 40]]]


def pixels(answer: Any) -> Any:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as image:
        return np.array(image.convert("RGB"))


def test_steps_are_seen_at_once_and_can_be_undone_and_redone(
    owner: APIClient, sitting: dict[str, Any], call: Call
) -> None:
    before = pixels(owner.get(sitting["preview"]))
    cropped = call(
        sitting, "steps", expect=201, operation="crop", parameters={"x": 8, "y": 4, "width": 64, "height": 48}
    )
    assert (cropped["width"], cropped["height"], cropped["revision"]) == (64, 48, 1)
    after = pixels(owner.get(sitting["preview"]))
    assert np.array_equal(after, before[4:52, 8:72])

    painted = call(
        cropped, "steps", expect=201, operation="brush", parameters={"strokes": LINE, "size": 6, "colour": "#FF0000"}
    )
    assert painted["layers"] == [{"name": "paint", "opacity": 1.0, "visible": True}]
    step = painted["steps"][1]
    assert (step["action"], step["source_type"], step["text"]) == (
        "c2pa.drawing",
        "humanEdits",
        "Painted in #ff0000 on the layer “paint” (strokes: 1).",
    )
    mask = pixels(owner.get(f"/api/v1/sittings/{sitting['id']}/steps/2/mask/"))[..., 0] > 0
    shown = pixels(owner.get(sitting["preview"]))
    assert np.array_equal(mask, (shown != after).any(axis=2))

    undone = call(painted, "undo")
    assert (undone["can_undo"], undone["can_redo"], undone["layers"]) == (True, True, [])
    assert np.array_equal(pixels(owner.get(sitting["preview"])), after)
    redone = call(undone, "redo")
    assert np.array_equal(pixels(owner.get(sitting["preview"])), shown)
    assert redone["can_redo"] is False


def test_a_committed_sitting_goes_the_whole_way_once(
    owner: APIClient, sitting: dict[str, Any], call: Call, parent: Version, creator: User
) -> None:
    now = sitting
    for operation, parameters in (
        ("crop", {"x": 8, "y": 8, "width": 80, "height": 48}),
        ("adjust", {"exposure": 0.3, "contrast": 10}),
        ("brush", {"strokes": [[[20, 20], [40, 30]]], "size": 8, "colour": "#00ff00"}),
    ):
        now = call(now, "steps", expect=201, operation=operation, parameters=parameters)
    now = call(
        now,
        "steps",
        expect=201,
        operation="inpaint",
        parameters={"prompt": "a boat", "mask": [[[60, 30]]], "mask_size": 20},
    )
    assert now["pending"] is True
    assert call(now, "commit", expect=409)["code"] == "step_pending"
    assert call(now, "steps", expect=409, operation="flip", parameters={"axis": "vertical"})["code"] == "step_pending"
    before = pixels(owner.get(sitting["preview"]))

    assert render_next() == 1
    now = owner.get(f"/api/v1/sittings/{sitting['id']}/").json()
    assert now["pending"] is False
    after = pixels(owner.get(sitting["preview"]))
    mask = pixels(owner.get(f"/api/v1/sittings/{sitting['id']}/steps/4/mask/"))[..., 0] > 0
    assert 0.05 < mask.mean() < 0.2
    assert np.array_equal(after[~mask], before[~mask])
    assert (after[mask] != before[mask]).any()

    done = call(now, "commit", claimed_minutes=25)
    again = call(now, "commit", claimed_minutes=25)
    assert done["version"] == again["version"]
    version = Version.objects.get(pk=done["version"])
    assert (version.status, version.number, list(version.parents.all())) == ("edited", 2, [parent])
    assert Event.objects.filter(kind="sitting.committed").count() == 1

    version = through(version)
    assert compose_version(version.pk) is False
    assert (version.status, version.error) == ("published", "")
    assert (version.width, version.height) == (80, 48)
    manifest = version.credential.manifest
    actions = manifest["manifests"][0]["assertions"]["c2pa.actions.v2"]["actions"]
    assert [action["action"] for action in actions] == [
        *("c2pa.opened", "c2pa.cropped", "c2pa.adjustedColor", "c2pa.drawing", "c2pa.edited"),
    ]
    assert [action.get("digitalSourceType", "").rpartition("/")[2] for action in actions] == [
        *("", "humanEdits", "humanEdits", "humanEdits", "compositeWithTrainedAlgorithmicMedia"),
    ]
    shares = version.contribution.shares
    assert shares["last_change"]["ai_edit"] == pytest.approx(mask.mean(), abs=1e-6)
    assert sum(shares["last_change"].values()) == pytest.approx(1, abs=1e-5)
    assert sum(shares["content"].values()) == pytest.approx(1, abs=1e-5)
    assert shares["content"]["ai_generation"] > 0.7
