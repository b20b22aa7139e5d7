"""Plots are well-formed, say the same to those who do not see them, and take no orders from the words in them."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from similarity.explain import plots
from similarity.explain.plots import Words
from tests.conftest import SHARED

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]>&lt;&#0;", "W" * 5000, "\u202egnp"]
COUNTED = plots.histogram(np.linspace(3, 6, 50), np.linspace(0, 4, 500), this=5.0, threshold=3.5)
SVG = "{http://www.w3.org/2000/svg}"


def attacks() -> list[str]:
    folder = SHARED / "c2pa" / "attacks"
    if not folder.is_dir():
        return []
    return [line for path in sorted(folder.iterdir()) for line in path.read_text(errors="replace").splitlines() if line]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  ours


def test_both_samples_are_counted_whole() -> None:
    assert (sum(COUNTED["own"]), sum(COUNTED["background"])) == (50, 500)
    assert len(COUNTED["edges"]) == len(COUNTED["own"]) + 1
    assert COUNTED["edges"][0] < 0
    assert COUNTED["edges"][-1] > 6
    assert plots.share_below(COUNTED, "background") == 1.0
    assert plots.share_below(COUNTED, "own") == pytest.approx(2 / 3, abs=0.05)


def test_what_is_not_finite_is_left_out() -> None:
    counted = plots.histogram([1.0, -np.inf, np.nan], [], this=None, threshold=None)
    assert (counted["own_count"], counted["background_count"], sum(counted["own"])) == (1, 0, 1)
    assert plots.share_below(counted, "own") == 0.0
    assert parsed(plots.histogram_svg(counted, Words("t", "d", {}))).tag == f"{SVG}svg"


def test_no_values_at_all_are_still_a_plot() -> None:
    counted = plots.histogram([], [], this=None, threshold=None)
    assert parsed(plots.histogram_svg(counted, Words("t", "d", {}))).tag == f"{SVG}svg"


def test_one_picture_in_a_thousand_is_seen() -> None:
    counted = plots.histogram([1.0], [*[0.0] * 1000, 0.9], this=1.0, threshold=None)
    drawn = parsed(plots.histogram_svg(counted, Words("t", "d", {})))
    heights = [float(rect.get("height", "0")) for rect in drawn.iter(f"{SVG}rect")]
    assert len(heights) == 3
    assert min(heights) >= 1.5


def test_lines_stand_where_the_numbers_are() -> None:
    drawn = parsed(plots.histogram_svg(COUNTED, Words("t", "d", {"this": "here"})))
    lines = {line.get("class"): float(line.get("x1", "nan")) for line in drawn.iter(f"{SVG}line")}
    low, high = COUNTED["edges"][0], COUNTED["edges"][-1]
    for name, value in (("plot-this", 5.0), ("plot-threshold", 3.5)):
        assert lines[name] == pytest.approx(14 + (360 - 28) * (value - low) / (high - low), abs=0.1)


@pytest.mark.parametrize("text", [*HOSTILE, *attacks()])
def test_words_are_only_words(text: str) -> None:
    text = re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)  # XML has no way to write them
    words = Words(text, text, dict.fromkeys(("this", "threshold", "against", "for"), text))
    grid = [[0.1, -0.2], [0.0, 0.3]]
    for svg in (
        plots.histogram_svg(COUNTED, words),
        plots.interval_svg(-1, 0.5, 1.2, words),
        plots.occlusion_svg("data:image/webp;base64,AA", (20, 10), grid, words),
        plots.overlay_svg("data:image/webp;base64,AA", (20, 10), [(0, 0), (1, 0), (1, 1)], words),
    ):
        drawn = parsed(svg)
        names = {element.tag.removeprefix(SVG) for element in drawn.iter()}
        assert names <= {"svg", "title", "desc", "rect", "line", "text", "image", "path", "polygon"}
        assert not [name for element in drawn.iter() for name in element.attrib if name.startswith("on")]
        assert drawn.find(f"{SVG}title") is not None
        assert (drawn.find(f"{SVG}desc").text or "").strip() == text.strip()  # type: ignore[union-attr]
        assert drawn.get("role") == "img"


def test_the_interval_stays_on_its_axis() -> None:
    drawn = parsed(plots.interval_svg(-9, 7, 9, Words("t", "d", {})))
    (interval,) = drawn.iter(f"{SVG}rect")
    assert (float(interval.get("x", "nan")), float(interval.get("width", "nan"))) == (14, 360 - 28)


def test_only_cells_that_count_are_warm() -> None:
    svg = plots.occlusion_svg("data:,", (40, 20), [[0.4, 0.0], [-0.3, 0.1]], Words("t", "d", {}))
    warm = [rect for rect in parsed(svg).iter(f"{SVG}rect") if rect.get("class") == "plot-heat"]
    assert [(rect.get("x"), rect.get("y"), rect.get("fill-opacity")) for rect in warm] == [
        ("0.0", "0.0", "0.65"),
        ("20.0", "10.0", "0.163"),
    ]
    cold = plots.occlusion_svg("data:,", (40, 20), [[-0.4, 0.0]], Words("t", "d", {}))
    assert not list(parsed(cold).iter(f"{SVG}rect"))
