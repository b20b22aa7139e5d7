"""The contribution map follows the pixels, and keeps what it is told apart."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rest_framework.test import APIClient

from provenance.works.editing.contribution import contribution_of
from provenance.works.editing.models import Contribution
from provenance.works.editing.operations.catalogue import operation_from
from provenance.works.editing.operations.operation import Operation
from provenance.works.editing.pixels import contribution as maps
from provenance.works.editing.pixels.canvas import Canvas
from provenance.works.errors import WorkError
from provenance.works.models import Version
from tests.provenance.works.editing.test_operations import canvas, operations

AI, HUMAN, ADJUSTED = maps.AI_GENERATION, maps.HUMAN_EDIT, maps.ADJUSTED


def run(steps: list[Operation], start: Canvas, kinds: maps.Kinds) -> tuple[Canvas, maps.Kinds]:
    for step in steps:
        change = step.apply(start)
        kinds = maps.advanced(kinds, start, change, merges=step.merges)
        start = change.canvas
    return start, maps.merged(kinds, start)


def kinds_after(*steps: tuple[str, dict[str, Any]]) -> maps.Kinds:
    start = canvas()
    return run([operation_from(*step) for step in steps], start, maps.whole(start.width, start.height, AI))[1]


DOT = {"strokes": [[[20.5, 10.5]]], "size": 9, "hardness": 1.0}


@settings(max_examples=60, deadline=None)
@given(st.lists(operations(["crop", "rotate", "straighten", "flip"]), max_size=3))
def test_moving_pixels_changes_nobodys_hand(steps: list[Operation]) -> None:
    """Given a map that names every pixel, when the picture is moved, then map and pixels still agree."""
    start = Canvas(np.zeros((40, 60, 3), np.uint8))
    kinds = np.where(np.arange(60) < 30, np.uint8(AI), np.uint8(maps.DECLARED))[None].repeat(40, axis=0)
    start.base[kinds == AI] = 255
    now = start
    for step in steps:
        if now.width < 34 or now.height < 30:
            break
        change = step.apply(now)
        kinds = maps.advanced(kinds, now, change, merges=step.merges)
        now = change.canvas
    moved = kinds != HUMAN  # ground that a turn added
    agree = (now.flat()[..., 0] > 127) == (kinds == AI)
    # Of a corner that a turn left empty nothing is left to agree; the turned edge itself is a few pixels.
    assert (moved & ~agree).sum() <= max(12, 0.1 * moved.sum())
    assert kinds.shape == now.base.shape[:2]


def test_paint_is_a_persons_and_what_is_erased_again_is_not() -> None:
    painted = kinds_after(("brush", {**DOT, "colour": "#ff0000"}))
    assert set(np.unique(painted)) == {AI, HUMAN}
    erased = kinds_after(("brush", {**DOT, "colour": "#ff0000"}), ("eraser", {**DOT, "size": 20}))
    assert set(np.unique(erased)) == {AI}
    hidden = kinds_after(("brush", {**DOT, "colour": "#ff0000"}), ("layer", {"layer": "paint", "visible": False}))
    assert set(np.unique(hidden)) == {AI}


def test_an_adjustment_is_the_last_change_but_not_the_maker() -> None:
    kinds = kinds_after(("adjust", {"exposure": 1}))
    told = maps.shares(kinds)
    assert told["adjusted"] > 0.9
    assert told["last_change"]["human_edit"] == told["adjusted"]
    assert told["content"]["ai_generation"] == 1.0


def test_a_model_that_redraws_takes_the_paint_below_with_it() -> None:
    start = canvas()
    kinds = maps.whole(start.width, start.height, AI)
    painted = operation_from("brush", {**DOT, "colour": "#ff0000"}).apply(start)
    kinds = maps.advanced(kinds, start, painted, merges=False)
    inpaint = operation_from("inpaint", {"prompt": "x", "mask": [[[5.5, 10.5]]], "mask_size": 9})
    redrawn = inpaint.apply(painted.canvas, pixels=255 - painted.canvas.flat())
    kinds = maps.merged(maps.advanced(kinds, painted.canvas, redrawn, merges=True), redrawn.canvas)
    assert (kinds[10, 20], kinds[10, 5], kinds[27, 39]) == (HUMAN, maps.AI_EDIT, AI)


def test_the_map_is_an_indexed_picture_and_comes_back() -> None:
    kinds = np.arange(32, dtype=np.uint8).reshape(4, 8) % 5
    kinds[0] |= ADJUSTED
    with Image.open(io.BytesIO(maps.to_png(kinds))) as image:
        assert (image.mode, image.size) == ("P", (8, 4))
    assert np.array_equal(maps.from_png(maps.to_png(kinds)), kinds)


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, 17, 19]), min_size=1, max_size=40))
def test_shares_add_up(values: list[int]) -> None:
    told = maps.shares(np.array([values], np.uint8))
    for group in ("last_change", "content"):
        assert sum(told[group].values()) == pytest.approx(1, abs=1e-5)
        assert set(told[group]) == {"unknown", "ai_generation", "ai_edit", "human_edit", "declared"}
    assert "human" not in told


@pytest.mark.django_db
def test_a_models_picture_is_all_its_own_and_the_map_is_kept_once(owner: APIClient, parent: Version) -> None:
    first = owner.get(f"/api/v1/versions/{parent.pk}/contribution/").json()
    assert first["shares"]["last_change"]["ai_generation"] == 1.0
    assert (first["active_minutes_in_all"], first["claimed_minutes"]) == (0.0, None)
    assert {one["value"] for one in first["legend"]} == {0, 1, 2, 3, 4, 16, 17, 18, 19, 20}
    answer = owner.get(first["map"])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (parent.width, parent.height)
        assert set(np.unique(np.array(image))) == {AI}
    assert Contribution.objects.count() == 1


@pytest.mark.django_db
def test_a_picture_that_is_not_there_yet_has_no_map(parent: Version) -> None:
    waiting = Version.objects.create(work=parent.work, number=2, status="edited", width=5, height=5)
    with pytest.raises(WorkError) as refused:
        contribution_of(waiting)
    assert refused.value.code == "picture_not_ready"
    assert Contribution.objects.count() == 0


@pytest.mark.django_db
def test_strangers_see_no_map(api: APIClient, stranger: Any, parent: Version) -> None:
    api.force_authenticate(stranger)
    assert api.get(f"/api/v1/versions/{parent.pk}/contribution.png").status_code == 404
