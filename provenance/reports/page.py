"""A report as HTML: what the page and the file share."""

from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from provenance.reports import how_sure, rests_on, wording
from provenance.reports.figures import figures, thumbnail

STYLES = ("web/colophon.css", "reports/report.css")


def context(record: dict[str, Any], *, stale: bool = False) -> dict[str, Any]:
    """What ``reports/_report.html`` shows. *stale*: another calibration is in force by now."""
    told, drawn = wording.tell(record), figures(record)
    best = max((abs(row["score"] or 0.0) for row in record["ablations"]), default=0.0)
    return {
        "record": record,
        "told": told,
        "stale": stale,
        "figures": drawn,
        "thumbnail": thumbnail(record),
        "close": how_sure.as_close(record["outcome"], record["decision"], record["compared"]["artists"]),
        "ratio": how_sure.ratio(lr, wording.figures_of(record)) if (lr := wording.shown_ratio(record)) else "",
        "withheld": wording.withheld() if record["image"].get("withheld") else "",
        "question": wording.question(record),
        "compared": wording.compared(record),
        "lanes": wording.lanes(record),
        "histogram_artist": wording.short((record["distribution"] or {}).get("artist")),
        "part": rests_on.part_that_counts(record["occlusion"]) if record["occlusion"] else "",
        "artists": [_scored(each) for each in record["artists"]],
        "works": [_scored(each) for each in record["nearest_works"]],
        "ablations": [
            {
                "name": rests_on.ablation(row["kind"]),
                "artist": wording.short(row["artist"]),
                "score": _score(row["score"]),
                "bar": round(100 * max(0.0, row["score"] or 0.0) / best) if best else 0,
            }
            for row in record["ablations"]
        ],
        "levels": [
            {
                "percent": f"{100 * each['alpha']:g} %",
                "value": _score(each.get("value")),
                "promise": wording.guarantee(each),
                "realised": "" if each.get("realised") is None else f"{100 * each['realised']:.2g} %",
                "units": each.get("units"),
                "told": _told(record, each),
            }
            for each in (record["calibration"] or {}).get("thresholds", ())
        ],
        "hashes": [(name, value) for name, value in named_hashes(record) if value],
        "made_at": parse_datetime(record["made_at"]),
        "audited_at": parse_datetime(record["audited_at"]) if record["audited_at"] else None,
    }


def _told(record: dict[str, Any], level: dict[str, Any]) -> str:
    """The share of held-out works that a level of the calibration tells to their artist."""
    measured = wording.figures_of(record).get("strategies", {}).get(record["decision"].get("strategy"), {})
    power = measured.get(f"{level['alpha']:g}", {}).get("power")
    return "" if power is None or level.get("value") is None else f"{100 * power:.1f} %"


def named_hashes(record: dict[str, Any]) -> list[tuple[str, str]]:
    """SHA-256 of everything that decides, with what each is of."""
    names = {
        "image": _("Picture"),
        "encoder": _("Encoder"),
        "weights": _("Weights of the encoder"),
        "preprocessing": _("Preprocessing"),
        "readout": _("Readout"),
        "cohort": _("Cohort"),
        "calibration": _("Calibration"),
        "index": _("Index"),
    }
    return [(str(names[name]), str(record["hashes"].get(name) or "")) for name in names]


def html_file(record: dict[str, Any], *, stale: bool = False) -> str:
    """The report as one HTML file that needs nothing else and runs nothing."""
    facts = context(record, stale=stale) | {"style": style(), "language": get_language()}
    return render_to_string("reports/file.html", facts)


def style() -> SafeString:
    """The style sheets of a file that stands alone: ours, and without anything that could end the element."""
    paths = [finders.find(name) for name in STYLES]
    css = "\n".join(Path(path).read_text(encoding="utf-8") for path in paths if path)
    return mark_safe(css.replace("</", "<\\/"))  # noqa: S308


def _scored(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "artist": wording.short(entry.get("artist")),
        "title": wording.short(entry.get("title")),
        "references": entry.get("references"),
        **{name: _score(entry.get(name)) for name in ("raw", "normalised", "content")},
    }


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
