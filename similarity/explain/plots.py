"""Plots as inline SVG: pure functions from numbers and words to text.

Every shape has a class for the page's style sheet and a colour of its own for where there is none. What varies in
length (names, titles) stands beside a plot and not in it; whatever words do go in are escaped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

WIDTH, HEIGHT = 360, 190
_MARGIN, _BAND, _GAP = 14, 62, 8
BINS = 36
INK, SOFT, LINE = "#1c1d1f", "#575a5f", "#d9d9d4"
OWN, BACKGROUND, MARK, HEAT = "#1d4468", "#82858a", "#b32a1e", "#d9480f"
# The interval's axis: base ten logarithms of the likelihood ratio.
DECADES = 3


@dataclass(frozen=True)
class Words:
    """What a plot says to those who see it and to those who do not. ``labels`` by the plot's own keys."""

    title: str
    description: str
    labels: dict[str, str]


def histogram(
    own: ArrayLike, background: ArrayLike, *, this: float | None, threshold: float | None, bins: int = BINS
) -> dict[str, Any]:
    """Both samples counted over the same bins, as plain JSON: ``edges`` bins + 1, ``own`` and ``background`` counts.

    The range holds all values, this picture's and the threshold too.
    """
    one, other = (_finite(values) for values in (own, background))
    marks = _finite([value for value in (this, threshold) if value is not None])
    everything = np.concatenate([one, other, marks])
    low, high = (float(everything.min()), float(everything.max())) if len(everything) else (0.0, 1.0)
    room = max((high - low) * 0.03, 1e-3)
    edges = np.linspace(low - room, high + room, bins + 1)
    return {
        "edges": [round(float(edge), 6) for edge in edges],
        "own": [int(count) for count in np.histogram(one, edges)[0]],
        "background": [int(count) for count in np.histogram(other, edges)[0]],
        "own_count": len(one),
        "background_count": len(other),
        "this": None if this is None else round(float(this), 6),
        "threshold": None if threshold is None else round(float(threshold), 6),
    }


def share_below(counted: dict[str, Any], name: str) -> float:
    """Share (0..1) of a sample of :func:`histogram` whose bin lies wholly below this picture; 0 for no sample."""
    counts, edges = counted[name], counted["edges"]
    if counted["this"] is None or not sum(counts):
        return 0.0
    below = sum(count for count, end in zip(counts, edges[1:], strict=True) if end <= counted["this"])
    return float(below / sum(counts))


def place(counted: dict[str, Any], value: float) -> float:
    """Where a value lies on the plot's axis, 0 (left) to 1."""
    low, high = counted["edges"][0], counted["edges"][-1]
    return min(1.0, max(0.0, (value - float(low)) / float(high - low)))


def heights(counts: Sequence[int]) -> list[float]:
    """Counts as shares of the greatest, by square root so that one picture among a thousand is seen."""
    most = max(counts, default=0)
    return [math.sqrt(count / most) if most else 0.0 for count in counts]


def histogram_svg(counted: dict[str, Any], words: Words) -> str:
    """The sample ``own`` above, ``background`` below, on one axis; this picture and the threshold as lines.

    Labels: ``this``, ``threshold``.
    """
    inner = WIDTH - 2 * _MARGIN
    parts = []
    for name, top, colour in (("own", 26, OWN), ("background", 26 + _BAND + _GAP, BACKGROUND)):
        floor = top + _BAND
        step = inner / len(counted[name])
        for column, height in enumerate(heights(counted[name])):
            if height:
                x, tall = _MARGIN + column * step, max(1.5, height * _BAND)
                parts.append(_rect(x, floor - tall, step - 0.6, tall, f"plot-{name}", colour))
        parts.append(_line(_MARGIN, floor, WIDTH - _MARGIN, floor, "plot-axis", LINE))
    bottom = 26 + 2 * _BAND + _GAP
    if counted["threshold"] is not None:
        x = _MARGIN + inner * place(counted, counted["threshold"])
        parts.append(_line(x, 24, x, bottom, "plot-threshold", INK, dashed=True))
        parts.append(_label(x, bottom + 28, words.labels.get("threshold", ""), "plot-ink", INK))
    if counted["this"] is not None:
        x = _MARGIN + inner * place(counted, counted["this"])
        parts.append(_line(x, 18, x, bottom, "plot-this", MARK, thick=True))
        parts.append(_label(x, 13, words.labels.get("this", ""), "plot-mark", MARK))
    for value, anchor, x in ((counted["edges"][0], "start", _MARGIN), (counted["edges"][-1], "end", WIDTH - _MARGIN)):
        parts.append(_text(x, bottom + 13, f"{value:.2f}", "plot-soft", SOFT, anchor))
    return _svg(WIDTH, HEIGHT + 2, words, parts)


def interval_svg(low: float, value: float, high: float, words: Words) -> str:
    """A likelihood ratio with its interval on a line from 1/1000 to 1000; all three are base ten logarithms.

    Labels: ``against``, ``for``.
    """
    inner, level = WIDTH - 2 * _MARGIN, 34
    parts = [_line(_MARGIN, level, WIDTH - _MARGIN, level, "plot-axis", LINE)]
    for decade in range(-DECADES, DECADES + 1):
        x = _MARGIN + inner * (decade + DECADES) / (2 * DECADES)
        parts.append(_line(x, level - 4, x, level + 4, "plot-axis", LINE))
        name = "1" if decade == 0 else f"{10**decade}" if decade > 0 else f"1/{10**-decade}"
        anchor = "start" if decade == -DECADES else "end" if decade == DECADES else "middle"
        if abs(decade) != DECADES - 1:  # there is no room for its name
            parts.append(_text(x, level + 20, name, "plot-soft", SOFT, anchor))
    left, middle, right = (_MARGIN + inner * decades_place(each) for each in (low, value, high))
    parts.append(_rect(left, level - 5, max(2.0, right - left), 10, "plot-own", OWN, opacity=0.35))
    parts.append(_line(middle, level - 12, middle, level + 8, "plot-this", MARK, thick=True))
    parts.append(_text(_MARGIN, 13, words.labels.get("against", ""), "plot-soft", SOFT, "start"))
    parts.append(_text(WIDTH - _MARGIN, 13, words.labels.get("for", ""), "plot-soft", SOFT, "end"))
    return _svg(WIDTH, level + 26, words, parts)


def decades_place(value: float) -> float:
    """Where a base ten logarithm lies on the interval's axis, 0 (left) to 1."""
    return min(1.0, max(0.0, (value + DECADES) / (2 * DECADES)))


def occlusion_svg(picture: str, size: tuple[int, int], drops: Sequence[Sequence[float]], words: Words) -> str:
    """*picture* (an address; ``data:`` will do) of (width, height) under the map: warm where a cell counts."""
    width, height = size
    most = max((drop for row in drops for drop in row), default=0.0)
    parts = [_image(picture, width, height)]
    rows = len(drops)
    for row, line in enumerate(drops):
        for column, drop in enumerate(line):
            if most <= 0 or drop <= 0.05 * most:
                continue
            x, y, w, h = cell(row, column, rows, len(line), size)
            parts.append(_rect(x, y, w, h, "plot-heat", HEAT, opacity=round(0.65 * drop / most, 3)))
            if drop == most:
                inset = max(1.0, 0.004 * max(size))
                parts.append(
                    f'<rect class="plot-strongest" x="{x + inset:.1f}" y="{y + inset:.1f}" width="{w - 2 * inset:.1f}"'
                    f' height="{h - 2 * inset:.1f}" fill="none" stroke="#ffffff" stroke-width="{inset:.1f}"/>'
                )
    return _svg(width, height, words, parts)


def cell(
    row: int, column: int, rows: int, columns: int, size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Left, top, width and height of a cell of the map on a picture of *size*."""
    width, height = size
    return column * width / columns, row * height / rows, width / columns, height / rows


def overlay_svg(picture: str, size: tuple[int, int], polygon: Sequence[Sequence[float]], words: Words) -> str:
    """*picture* paled but for the part inside *polygon* (points as shares 0..1 of its sides), which is outlined."""
    width, height = size
    points = " ".join(f"{x * width:.1f},{y * height:.1f}" for x, y in polygon)
    path = f"M0 0H{width}V{height}H0Z M" + " L".join(points.split()) + "Z"
    thick = max(1.5, 0.008 * max(size))
    return _svg(
        width,
        height,
        words,
        [
            _image(picture, width, height),
            f'<path class="plot-outside" d="{path}" fill="#ffffff" fill-opacity="0.6" fill-rule="evenodd"/>',
            f'<polygon class="plot-outline" points="{points}" fill="none" stroke="{HEAT}" stroke-width="{thick:.1f}"/>',
        ],
    )


def _finite(values: ArrayLike) -> Any:
    read = np.asarray(values, np.float64).ravel()
    return read[np.isfinite(read)]


def _svg(width: float, height: float, words: Words, parts: Sequence[str]) -> str:
    return (
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">'
        f"<title>{escape(words.title)}</title><desc>{escape(words.description)}</desc>{''.join(parts)}</svg>"
    )


def _rect(x: float, y: float, w: float, h: float, name: str, colour: str, *, opacity: float = 1.0) -> str:
    clear = "" if opacity == 1.0 else f' fill-opacity="{opacity:g}"'
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{colour}"{clear}/>'


def _line(
    x1: float, y1: float, x2: float, y2: float, name: str, colour: str, *, dashed: bool = False, thick: bool = False
) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    width = 2 if thick else 1
    return (
        f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        f' stroke-width="{width}"{dash}/>'
    )


def _label(x: float, y: float, text: str, name: str, colour: str) -> str:
    """Centred on *x*, but never over the edge."""
    anchor = "start" if x < WIDTH * 0.25 else "end" if x > WIDTH * 0.75 else "middle"
    return _text(x, y, text, name, colour, anchor)


def _text(x: float, y: float, text: str, name: str, colour: str, anchor: str) -> str:
    return (
        f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11" fill="{colour}"'
        f' aria-hidden="true">{escape(text)}</text>'
    )


def _image(picture: str, width: float, height: float) -> str:
    return f'<image href="{escape(picture)}" width="{width:g}" height="{height:g}" preserveAspectRatio="none"/>'
