"""A sitting over HTTP: steps, undo, redo, preview, commit; and what is refused."""

import io
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image
from rest_framework.test import APIClient

from generation.models import Job
from generation.render import render_next
from provenance.ledger.models import Event
from provenance.works.audit_version import audit_version
from provenance.works.editing.compose import compose_version
from provenance.works.editing.models import Edit, Sitting
from provenance.works.models import Version
from provenance.works.seal import seal_version
from tests.provenance.works.editing.conftest import Call

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
        "Painted 1 strokes in #ff0000 on the layer “paint”.",
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
