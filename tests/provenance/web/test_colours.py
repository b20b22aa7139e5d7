"""Text can be read on its ground, in the light and in the dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

import provenance.web

CSS = (Path(provenance.web.__file__).parent / "static/web/colophon.css").read_text()
LIGHT, DARK = re.findall(r":root \{(.*?)\}", CSS, re.S)
TEXT = ["ink", "ink-soft", "action", "action-over", "good", "bad", "care"]
TEXT_PAIRS = [
    *((text, ground) for text in TEXT for ground in ("paper", "sheet")),
    *(("ink", f"{tone}-sheet") for tone in ("care", "bad", "good")),
    ("bad", "bad-sheet"),
    ("action", "care-sheet"),
    ("on-action", "action"),
    ("on-action", "action-over"),
]
# Parts of controls, and signs that carry meaning.
SIGN_PAIRS = [(sign, ground) for sign in ("line-strong", "mark", "action") for ground in ("paper", "sheet")]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2, definition)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme: str) -> None:
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", theme))

    faint = [pair for pair in TEXT_PAIRS if contrast(tokens[pair[0]], tokens[pair[1]]) < 4.5]
    faint_signs = [pair for pair in SIGN_PAIRS if contrast(tokens[pair[0]], tokens[pair[1]]) < 3]

    assert (faint, faint_signs) == ([], [])


def test_colours_are_named_once() -> None:
    """Every colour is a token: none is written anywhere else."""
    rules = CSS.replace(LIGHT, "").replace(DARK, "")

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", rules) == []


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
