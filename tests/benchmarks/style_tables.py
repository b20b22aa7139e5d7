"""What the pages of figures are written with: percentages, intervals, Markdown tables."""

from typing import Any

Report = dict[str, Any]
# Of which part of the report a table tells, where they are not named alike.
NEEDS = {"models": "encoder", "aims": "encoder", "inverted": "retrieval", "power": "uploads", "others": "generated"}
LEVELS = {"1%": 0.01, "5%": 0.05}


def measured(report: Report, table: str) -> bool:
    """Whether what *table* tells was; the one of Colophon-Mini needs more than what is told without rendering."""
    part = NEEDS.get(table, table)
    return part in report and (table != "generated" or "strategies" in report[part])


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def span(value: list[float]) -> str:
    """Percent, with the interval where there is one."""
    return percent(value[0]) + (f" ({percent(value[1])}–{percent(value[2])})" if len(value) == 3 else "")


def rows(head: list[str], body: list[list[str]]) -> list[str]:
    line = "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"
    return ["| " + " | ".join(head) + " |", line, *("| " + " | ".join(cells) + " |" for cells in body)]
