"""The plots of a report, in the reader's language."""

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from provenance.reports import how_sure, rests_on, wording
from similarity.explain import plots
from similarity.explain.plots import Words


def figures(record: dict[str, Any]) -> dict[str, SafeString]:
    """Inline SVG by name: ``histogram``, ``interval``, ``occlusion``, ``overlay``; those the record has numbers for.

    Safe because ``plots`` escapes every word and writes the rest from numbers.
    """
    made = {}
    if record["distribution"]:
        made["histogram"] = plots.histogram_svg(record["distribution"], _histogram_words(record))
    if lr := wording.shown_ratio(record):
        made["interval"] = plots.interval_svg(
            lr["low"], lr["log10"], lr["high"], _interval_words(lr, wording.figures_of(record))
        )
    picture, size = thumbnail(record), tuple(record["image"].get("thumbnail_size") or (1, 1))
    if record["occlusion"] and picture:
        words = Words(_("Which part counts"), rests_on.part_that_counts(record["occlusion"]), {})
        made["occlusion"] = plots.occlusion_svg(picture, size, record["occlusion"]["drops"], words)
    if record["copy"] and record["copy"].get("where") and picture:
        words = Words(_("Where the known work lies in the picture"), wording.tell(record).found, {})
        made["overlay"] = plots.overlay_svg(picture, size, record["copy"]["where"], words)
    return {name: mark_safe(svg) for name, svg in made.items()}  # noqa: S308


def thumbnail(record: dict[str, Any]) -> str:
    """The small picture in the record as a ``data:`` address, or empty."""
    held = record["image"].get("thumbnail")
    return f"data:image/webp;base64,{held}" if held else ""


def _histogram_words(record: dict[str, Any]) -> Words:
    counted = record["distribution"]
    facts = {
        "own": counted["own_count"],
        "background": counted["background_count"],
        "artist": wording.short(counted["artist"]),
        # Cut, not rounded: of 99.6 % it is not higher than all.
        "above_own": int(100 * plots.share_below(counted, "own")),
        "above_background": int(100 * plots.share_below(counted, "background")),
    }
    description = _(
        "This picture scores higher than %(above_background)s %% of %(background)s pictures that imitate nobody, and "
        "higher than %(above_own)s %% of %(own)s works by %(artist)s."
    )
    labels = {"this": _("this picture"), "threshold": _("flagged to the right of this")}
    return Words(_("How this picture compares"), description % facts, labels)


def _interval_words(lr: dict[str, float], known: dict[str, Any]) -> Words:
    labels = {"against": _("another hand"), "for": _("the same hand")}
    return Words(_("Likelihood ratio"), how_sure.ratio(lr, known), labels)
