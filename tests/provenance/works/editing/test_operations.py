"""Laws of the operations: checked parameters, JSON there and back, the same bytes each time, honest masks."""

import contextlib
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provenance.works.editing.operations.catalogue import OPERATIONS, operation_from, schemas
from provenance.works.editing.operations.errors import OperationError
from provenance.works.editing.operations.operation import Operation
from provenance.works.editing.pixels.canvas import Canvas, Change
from provenance.works.editing.pixels.tone import curve_table

WIDTH, HEIGHT = 40, 28


def canvas(seed: int = 3, width: int = WIDTH, height: int = HEIGHT) -> Canvas:
    return Canvas(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


colours = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
points = st.tuples(number(-10, 50), number(-10, 40)).map(list)
strokes = st.lists(st.lists(points, min_size=1, max_size=5), min_size=1, max_size=3)
pen = {"strokes": strokes, "size": number(0.5, 20), "hardness": number(0, 1), "opacity": number(0.01, 1)}
curves: st.SearchStrategy[list[list[int]]] = st.one_of(
    st.just([]),
    st.lists(st.integers(0, 255), min_size=2, max_size=8, unique=True).flatmap(
        lambda xs: st.lists(st.integers(0, 255), min_size=len(xs), max_size=len(xs)).map(
            lambda ys: [list(pair) for pair in zip(sorted(xs), ys, strict=True)]
        )
    ),
)
shift = st.integers(-30, 30)
PARAMETERS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "crop": {
        "x": st.integers(0, 20),
        "y": st.integers(0, 15),
        "width": st.integers(8, 20),
        "height": st.integers(8, 13),
    },
    "rotate": {
        "angle": st.one_of(number(-360, 360), st.sampled_from([-90, 0, 90, 180, 270])),
        "expand": st.booleans(),
        "fill": colours,
    },
    "straighten": {"angle": number(-20, 20)},
    "flip": {"axis": st.sampled_from(["horizontal", "vertical"])},
    "adjust": {
        "exposure": number(0.1, 5),
        "contrast": number(-100, 100),
        "saturation": number(-100, 100),
        "temperature": number(-100, 100),
    },
    "curves": {"rgb": st.just([[0, 10], [255, 240]]), "red": curves, "green": curves, "blue": curves},
    "brush": {**pen, "colour": colours, "layer": st.sampled_from(["paint", "sketch"])},
    "eraser": pen,
    "text": {
        "text": st.sampled_from(["Hi", "你好", "two\nlines", "Ünï"]),
        "x": number(-10, 30),
        "y": number(-10, 20),
        "size": st.integers(6, 24),
        "colour": colours,
        "opacity": number(0.1, 1),
    },
    "layer": {"layer": st.just("paint"), "opacity": number(0, 1), "visible": st.booleans()},
    "clone": {**pen, "dx": shift.filter(bool), "dy": shift},
    "heal": {**pen, "dx": shift.filter(bool), "dy": shift},
}
# Those of models are tried in test_model_steps.
OWN = sorted(PARAMETERS)


@st.composite
def operations(draw: st.DrawFn, kinds: list[str] = OWN) -> Operation:
    kind = draw(st.sampled_from(kinds))
    return operation_from(kind, {name: draw(strategy) for name, strategy in PARAMETERS[kind].items()})


def run(steps: list[Operation], start: Canvas) -> list[Change]:
    """Every step that fits, in order; the others are left out, as the service refuses them."""
    changes: list[Change] = []
    now = start
    for step in steps:
        with contextlib.suppress(OperationError):
            changes.append(step.apply(now))
            now = changes[-1].canvas
    return changes


@given(operations())
def test_json_gives_the_same_operation_again(operation: Operation) -> None:
    again = operation_from(operation.kind, json.loads(json.dumps(operation.parameters())))
    assert again == operation
    assert again.parameters() == operation.parameters()


@settings(max_examples=60, deadline=None)
@given(st.lists(operations(), max_size=5))
def test_a_replay_gives_the_same_bytes(steps: list[Operation]) -> None:
    first, again = run(steps, canvas()), run(steps, canvas())
    assert [change.canvas.flat().tobytes() for change in first] == [change.canvas.flat().tobytes() for change in again]
    assert [change.changed.tobytes() for change in first] == [change.changed.tobytes() for change in again]


FAINT = operation_from(
    "brush", {"strokes": [[[1.0, 0.0]]], "size": 11.0, "hardness": 1.0, "opacity": 1.0, "colour": "#000001"}
)
QUARTER = operation_from("rotate", {"angle": -90.0, "expand": False, "fill": "#000000"})


@settings(max_examples=80, deadline=None)
@example([FAINT, QUARTER])
@given(st.lists(operations(), max_size=4))
def test_what_is_not_marked_as_changed_is_the_old_picture_carried_along(steps: list[Operation]) -> None:
    before = canvas()
    for change in run(steps, before):
        after = change.canvas.flat()
        assert change.changed.shape == after.shape[:2] == (change.geometry.height, change.geometry.width)
        # A quarter turn about the middle of an odd frame falls half a pixel beside the grid.
        a, b, right, _d, _e, down = change.geometry.matrix
        on_grid = {abs(a), abs(b)} <= {0, 1} and float(right).is_integer() and float(down).is_integer()
        resampled = change.touch == "frame" and not on_grid
        if not resampled:
            carried = change.geometry.carry(before.flat())
            assert np.array_equal(after[~change.changed], carried[~change.changed])
        before = change.canvas


@pytest.mark.parametrize("turns", [0, 1, 2, 3, -1, 4])
def test_quarter_turns_are_exact_and_come_round(turns: int) -> None:
    start = canvas()
    change = operation_from("rotate", {"angle": 90 * turns}).apply(start)
    assert np.array_equal(change.canvas.base, np.rot90(start.base, -turns))
    back = operation_from("rotate", {"angle": -90 * turns}).apply(change.canvas)
    assert np.array_equal(back.canvas.base, start.base)
    assert not change.changed.any()


def test_geometry_carries_points_with_the_pixels() -> None:
    start = canvas()
    marked = start.base.copy()
    marked[:] = 0
    marked[10, 25] = 255
    for kind, parameters in (
        ("crop", {"x": 5, "y": 3, "width": 30, "height": 20}),
        ("rotate", {"angle": 90}),
        ("rotate", {"angle": 180}),
        ("flip", {"axis": "horizontal"}),
        ("rotate", {"angle": 30}),
        ("straighten", {"angle": -7}),
    ):
        change = operation_from(kind, parameters).apply(Canvas(marked))
        (x, y), *_rest = change.geometry.points(np.array([[25.5, 10.5]]))
        row, column = np.unravel_index(change.canvas.base[..., 0].astype(int).argmax(), change.canvas.base.shape[:2])
        if kind != "rotate" or change.geometry.known().all():
            assert math.hypot(column + 0.5 - x, row + 0.5 - y) < 1.0, kind


def test_straightening_leaves_no_empty_corner() -> None:
    white = Canvas(np.full((60, 90, 3), 200, np.uint8))
    for angle in (-45, -10.5, 0.3, 3, 44):
        change = operation_from("straighten", {"angle": angle}).apply(white)
        assert not change.changed.any()
        assert set(np.unique(change.canvas.base)) == {200}


@given(curves.filter(bool), st.integers(0, 254))
def test_curves_keep_order_where_their_points_do(points: list[list[int]], level: int) -> None:
    rising = sorted(y for _x, y in points)
    table = curve_table([(x, y) for (x, _y), y in zip(points, rising, strict=True)]).astype(int)
    assert table[level] <= table[level + 1]
    for (x, _y), y in zip(points, rising, strict=True):
        assert table[x] == y


def test_the_eraser_undoes_the_brush_and_leaves_the_picture() -> None:
    start = canvas()
    line = {"strokes": [[[5, 5], [30, 20]]], "size": 6, "hardness": 1.0}
    painted = operation_from("brush", {**line, "colour": "#ff0000"}).apply(start)
    assert painted.changed.any()
    erased = operation_from("eraser", {**line, "size": 12}).apply(painted.canvas)
    assert np.array_equal(erased.canvas.flat(), start.base)
    assert np.array_equal(erased.canvas.base, start.base)


def test_half_transparent_paint_is_mixed_to_the_nearest_level() -> None:
    grey = Canvas(np.full((9, 9, 3), 100, np.uint8))
    brush = {"strokes": [[[4.5, 4.5]]], "size": 40, "hardness": 1.0, "opacity": 0.5, "colour": "#ffffff"}
    flat = operation_from("brush", brush).apply(grey).canvas.flat()
    # 128/255 of white over 100: 100 + 155 × 0.50196 = 177.8
    assert set(np.unique(flat)) == {178}


def test_healing_keeps_the_light_of_the_place() -> None:
    """Given a bright blot on a dark ramp, healed from elsewhere on it, then the ramp goes through."""
    ramp = np.tile(np.linspace(40, 200, 60).astype(np.uint8)[None, :, None], (40, 1, 3))
    spoiled = ramp.copy()
    spoiled[15:22, 27:34] = 255
    heal = {"strokes": [[[30.5, 18.5]]], "size": 14, "hardness": 1.0, "dx": -20, "dy": 0}
    healed = operation_from("heal", heal).apply(Canvas(spoiled)).canvas.base.astype(int)
    cloned = operation_from("clone", heal).apply(Canvas(spoiled)).canvas.base.astype(int)
    assert np.abs(healed - ramp).max() <= 3
    assert np.abs(cloned - ramp).max() > 40


def test_words_say_what_was_done() -> None:
    assert str(operation_from("crop", {"x": 1, "y": 2, "width": 30, "height": 20})) == (
        "Cropped to 30 × 20 pixels from 1, 2."
    )
    assert str(operation_from("layer", {"layer": "paint", "opacity": 0.5})) == (
        "Showed the layer “paint” at 50 % opacity."
    )
    assert str(operation_from("adjust", {"exposure": 0.5})) == (
        "Adjusted: exposure +0.5 stops, contrast +0, saturation +0, temperature +0."
    )


def test_prompts_never_stand_in_the_words() -> None:
    for kind in ("inpaint", "image_to_image", "variation"):
        mask = {"mask": [[[1, 1]]]} if kind == "inpaint" else {}
        assert "secret" not in str(operation_from(kind, {"prompt": "a secret", **mask}))


BRUSH = {"strokes": [[[1, 1]]], "size": 3, "colour": "#ffffff"}


@pytest.mark.parametrize(
    ("kind", "parameters", "code", "field"),
    [
        ("sharpen", {}, "operation_unknown", "operation"),
        (None, {}, "operation_unknown", "operation"),
        (["crop"], {}, "operation_unknown", "operation"),
        ("crop", None, "parameters_type", "parameters"),
        ("crop", [1, 2], "parameters_type", "parameters"),
        ("crop", {"x": 0, "y": 0, "width": 9}, "parameter_missing", "height"),
        ("crop", {"x": 0, "y": 0, "width": 9, "height": 9, "z": 1}, "parameter_unknown", "z"),
        ("crop", {"x": -1, "y": 0, "width": 9, "height": 9}, "parameter_range", "x"),
        ("crop", {"x": 0.5, "y": 0, "width": 9, "height": 9}, "parameter_type", "x"),
        ("crop", {"x": True, "y": 0, "width": 9, "height": 9}, "parameter_type", "x"),
        ("crop", {"x": 10**400, "y": 0, "width": 9, "height": 9}, "parameter_range", "x"),
        ("crop", {"x": 0, "y": 0, "width": 7, "height": 9}, "parameter_range", "width"),
        ("rotate", {"angle": math.nan}, "parameter_range", "angle"),
        ("rotate", {"angle": math.inf}, "parameter_range", "angle"),
        ("rotate", {"angle": "90"}, "parameter_type", "angle"),
        ("rotate", {"angle": 1, "fill": "red"}, "parameter_type", "fill"),
        ("flip", {"axis": "diagonal"}, "parameter_choice", "axis"),
        ("flip", {"axis": []}, "parameter_choice", "axis"),
        ("adjust", {}, "nothing_to_do", ""),
        ("curves", {"rgb": [[0, 0]]}, "parameter_range", "rgb"),
        ("curves", {"rgb": [[9, 0], [9, 9]]}, "curve_order", "rgb"),
        ("curves", {"rgb": [[0, 0], [256, 9]]}, "parameter_range", "rgb"),
        ("curves", {"rgb": "straight"}, "parameter_type", "rgb"),
        ("brush", {**BRUSH, "strokes": []}, "parameter_range", "strokes"),
        ("brush", {**BRUSH, "strokes": [[]]}, "parameter_type", "strokes"),
        ("brush", {**BRUSH, "strokes": [[[1, 2, 3]]]}, "parameter_type", "strokes"),
        ("brush", {**BRUSH, "strokes": [[["1", 2]]]}, "parameter_type", "strokes"),
        ("brush", {**BRUSH, "strokes": [[[math.inf, 2]]]}, "parameter_range", "strokes"),
        ("brush", {**BRUSH, "strokes": [[[math.nan, 2]]]}, "parameter_range", "strokes"),
        ("brush", {**BRUSH, "strokes": [[[10**400, 2]]]}, "parameter_range", "strokes"),
        ("rotate", {"angle": 10**400}, "parameter_range", "angle"),
        ("brush", {**BRUSH, "strokes": [[[1, 1]]] * 51}, "parameter_range", "strokes"),
        ("brush", {**BRUSH, "strokes": [[[1, 1]] * 4000] * 2}, "too_many_points", "strokes"),
        ("brush", {**BRUSH, "size": 5000}, "parameter_range", "size"),
        ("brush", {**BRUSH, "layer": ""}, "text_empty", "layer"),
        ("brush", {**BRUSH, "layer": "x" * 41}, "text_too_long", "layer"),
        ("text", {"text": "a\x00b", "x": 0, "y": 0, "size": 9}, "text_characters", "text"),
        ("text", {"text": "a\u202eb", "x": 0, "y": 0, "size": 9}, "text_characters", "text"),
        ("text", {"text": "\ud800", "x": 0, "y": 0, "size": 9}, "text_characters", "text"),
        ("text", {"text": "x" * 501, "x": 0, "y": 0, "size": 9}, "text_too_long", "text"),
        ("clone", {"strokes": [[[1, 1]]], "size": 3, "dx": 0, "dy": 0}, "nothing_to_do", "dx"),
        ("inpaint", {"prompt": "x", "mask": []}, "parameter_range", "mask"),
        ("inpaint", {"prompt": "", "mask": [[[1, 1]]]}, "text_empty", "prompt"),
    ],
)
def test_junk_is_refused_with_a_code_and_a_field(kind: Any, parameters: Any, code: str, field: str) -> None:
    with pytest.raises(OperationError) as refused:
        operation_from(kind, parameters)
    assert refused.value.code == code
    assert refused.value.field.split(".")[0] == field
    assert str(refused.value).endswith(".")
    assert "%(" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "parameters", "code"),
    [
        ("crop", {"x": 30, "y": 0, "width": 11, "height": 9}, "crop_outside"),
        ("eraser", {"strokes": [[[1, 1]]], "size": 3}, "layer_unknown"),
        ("layer", {"layer": "paint"}, "layer_unknown"),
        ("text", {"text": "smile \U0001f600", "x": 0, "y": 0, "size": 9}, "letters_missing"),
        ("inpaint", {"prompt": "a boat", "mask": [[[5, 5]]]}, "pixels_missing"),
    ],
)
def test_what_does_not_fit_the_canvas_is_refused(kind: str, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(OperationError) as refused:
        operation_from(kind, parameters).apply(canvas())
    assert refused.value.code == code


def test_a_stroke_that_would_take_minutes_is_refused_unpainted() -> None:
    zigzag = [[0, 3000 * (n % 2)] for n in range(200)]
    brush = operation_from("brush", {"strokes": [zigzag], "size": 1024, "colour": "#ffffff"})
    with pytest.raises(OperationError) as refused:
        brush.apply(Canvas(np.zeros((3000, 3000, 3), np.uint8)))
    assert refused.value.code == "stroke_too_large"


def test_the_schema_tells_every_parameter() -> None:
    told = {one["operation"]: one for one in schemas()}
    assert set(told) == set(OPERATIONS)
    assert told["crop"]["parameters"]["required"] == ["x", "y", "width", "height"]
    assert told["brush"]["parameters"]["properties"]["size"] == {"type": "number", "minimum": 0.5, "maximum": 1024}
    assert told["inpaint"]["by_model"] is True
    json.dumps(list(told.values()), allow_nan=False)


@pytest.mark.parametrize("top", [-1_000.0, 0.0])
def test_lines_beyond_the_picture_are_no_way_round_the_bound(top: float) -> None:
    """Given few points far apart, of which hardly a piece lies in the picture, the step is refused uncut."""
    line = [[-65_535.0 if place % 2 else 65_535.0, top - place] for place in range(100)]
    brush = operation_from("brush", {"strokes": [line], "size": 0.5, "colour": "#000000"})

    with pytest.raises(OperationError) as refused:
        brush.apply(canvas())

    assert refused.value.code == "stroke_too_large"


def test_no_more_is_healed_in_one_step_than_can_be_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.works.editing.pixels.heal.PIXELS_MAX", 100)
    heal = {"strokes": [[[20.0, 14.0]]], "hardness": 1.0, "dx": -8, "dy": 0}
    operation_from("heal", {**heal, "size": 8}).apply(canvas())

    with pytest.raises(OperationError) as refused:
        operation_from("heal", {**heal, "size": 16}).apply(canvas())

    assert (refused.value.code, refused.value.field) == ("stroke_too_large", "strokes")
