"""What a resemblance rests on, in words: what was taken from the picture, and which part of it counts."""

from typing import Any

from django.utils.translation import gettext as _

from provenance.reports.wording import short


def ablation(kind: str) -> str:
    """What was done to the picture."""
    names = {
        "as_it_is": _("As it is"),
        "grey": _("Without its colours"),
        "shuffled": _("Cut into 16 patches, and these exchanged"),
        "blurred": _("Blurred"),
    }
    return names.get(kind, short(kind))


def part_that_counts(occlusion: dict[str, Any]) -> str:
    """Where in the picture the score rests, as a sentence."""
    drops = occlusion["drops"]
    best = max((drop, row, column) for row, line in enumerate(drops) for column, drop in enumerate(line))
    if best[0] <= 0:
        return _("No part counts by itself: whichever is covered, the score does not fall.")
    rows, columns = len(drops), len(drops[0])
    where = _where((best[1] + 0.5) / rows, (best[2] + 0.5) / columns)
    return _("The part that counts most lies %(where)s: without it the score falls by %(drop)s, from %(score)s.") % {
        "where": where,
        "drop": f"{best[0]:.3f}",
        "score": f"{occlusion['score']:.3f}",
    }


def _where(down: float, across: float) -> str:
    row, column = min(2, int(down * 3)), min(2, int(across * 3))
    return (
        (_("at the upper left"), _("at the top"), _("at the upper right")),
        (_("at the left"), _("in the middle"), _("at the right")),
        (_("at the lower left"), _("at the bottom"), _("at the lower right")),
    )[row][column]
