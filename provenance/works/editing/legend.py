"""What the values of a contribution map mean, in words and colours."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WORDS: dict[str, Promise] = {
    "unknown": gettext_lazy("not known"),
    "ai_generation": gettext_lazy("made by a model"),
    "ai_edit": gettext_lazy("redrawn by a model"),
    "human_edit": gettext_lazy("changed by a person, here"),
    "declared": gettext_lazy("changed elsewhere, as its uploader says"),
}


def legend() -> list[dict[str, Any]]:
    """One entry for each value a pixel can have."""
    from provenance.works.editing.pixels.contribution import ADJUSTED, COLOURS, NAMES

    found = []
    for adjusted in (False, True):
        for kind, name in enumerate(NAMES):
            red, green, blue = ((level + 255) // 2 if adjusted else level for level in COLOURS[kind])
            words = str(WORDS[name])
            found.append(
                {
                    "value": kind | (ADJUSTED if adjusted else 0),
                    "kind": name,
                    "adjusted": adjusted,
                    "colour": f"#{red:02x}{green:02x}{blue:02x}",
                    "text": _("%(kind)s, then adjusted by a person") % {"kind": words} if adjusted else words,
                }
            )
    return found
