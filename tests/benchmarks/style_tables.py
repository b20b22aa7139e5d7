"""What the pages of figures are written with: percentages, intervals, Markdown tables."""

from typing import Any

Report = dict[str, Any]
LEVELS = {"1%": 0.01, "5%": 0.05}


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def span(value: list[float]) -> str:
    """Percent, with the interval where there is one."""
    return percent(value[0]) + (f" ({percent(value[1])}–{percent(value[2])})" if len(value) == 3 else "")


def rows(head: list[str], body: list[list[str]]) -> list[str]:
    line = "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"
    return ["| " + " | ".join(head) + " |", line, *("| " + " | ".join(cells) + " |" for cells in body)]
