"""A report as a PDF to print: the same words, tables and plots as the page, on A4."""

import base64
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from PIL import Image

from provenance.credentials.text import clean
from provenance.reports import wording
from provenance.reports.page import context
from provenance.works.pdf_font import best_font_for
from similarity.explain import plots

# Millimetres.
PAGE = (210.0, 297.0)
MARGIN = 18.0
WIDE = PAGE[0] - 2 * MARGIN
PICTURE = 52.0
PLOT_HEIGHT = 24.0
INK, SOFT, LINE = (28, 29, 31), (87, 90, 95), (217, 217, 212)
OWN, BACKGROUND, MARK, HEAT = (29, 68, 104), (130, 133, 138), (179, 42, 30), (217, 72, 15)


def pdf_file(record: dict[str, Any], *, stale: bool = False) -> bytes:
    """The report in the language that is active. Letters that no font here has are shown as “?”."""
    facts = context(record, stale=stale)
    sheet = _Sheet(_words(facts))
    sheet.first(record, facts)
    if record["distribution"]:
        sheet.histogram(record["distribution"], facts)
    if lr := wording.shown_ratio(record):
        sheet.interval(lr, facts["ratio"])
    sheet.heading(_("What was looked at"))
    sheet.text(facts["question"])
    sheet.text(facts["compared"])
    sheet.pairs(facts["lanes"])
    if facts["ablations"] or record["occlusion"]:
        sheet.heading(_("What the resemblance rests on"))
        if record["occlusion"] and facts["thumbnail"]:
            sheet.map(record)
        if facts["part"]:
            sheet.text(facts["part"])
        rows = [(row["name"], row["score"], row["artist"]) for row in facts["ablations"]]
        sheet.table((_("When something is taken from it"), _("Score"), _("Nearest artist")), rows, (3, 1, 3))
    artists = [(row["artist"], row["raw"], row["normalised"], row["references"] or "") for row in facts["artists"]]
    if artists:
        sheet.heading(_("Nearest artists"))
        sheet.table((_("Artist"), _("Score"), _("Made comparable"), _("Works")), artists, (4, 1, 1.6, 1))
    works = [(_title(row), row["raw"], row["normalised"], row["content"]) for row in facts["works"]]
    if works:
        sheet.heading(_("Nearest works"))
        sheet.table((_("Work"), _("Score"), _("Made comparable"), _("Subject")), works, (4, 1, 1.6, 1))
    levels = [
        tuple(row[name] for name in ("percent", "promise", "value", "realised", "units", "told"))
        for row in facts["levels"]
    ]
    if levels:
        sheet.heading(_("How often it errs"))
        names = (
            _("False flags, at most"),
            _("Promise"),
            _("Flagged above"),
            _("Flagged when measured"),
            _("Measured on"),
            _("Works told to their artist"),
        )
        sheet.table(names, levels, (1.4, 2.2, 1.2, 1.5, 1.2, 1.6))
    sheet.heading(_("To compute it again"))
    sheet.text(record["replay"])
    sheet.pairs([(_("Report made"), _moment(facts["made_at"])), *facts["hashes"]], size=7.5)
    return sheet.bytes()


def _moment(when: Any) -> str:
    return f"{formats.date_format(when, 'DATETIME_FORMAT')} UTC" if when else ""


def _title(row: dict[str, Any]) -> str:
    return f"{row['artist']}, {row['title']}" if row["title"] else str(row["artist"])


def _words(value: Any) -> str:
    """Every text in *value*, however deep: what a font must have letters for."""
    if isinstance(value, dict):
        return "".join(_words(each) for name, each in value.items() if name not in ("figures", "thumbnail", "image"))
    if isinstance(value, list | tuple):
        return "".join(_words(each) for each in value)
    if hasattr(value, "__dataclass_fields__"):
        return _words(vars(value))
    return value if isinstance(value, str) else ""


class _Sheet:
    """Pages that are filled from the top."""

    def __init__(self, text: str) -> None:
        from fpdf import FPDF

        self.pdf = FPDF(orientation="P", unit="mm", format=PAGE)
        self.pdf.set_margin(MARGIN)
        self.pdf.set_auto_page_break(True, MARGIN)
        self.pdf.add_page()
        ours = [_("this picture"), _("flagged to the right of this"), _("another hand"), _("the same hand"), "0…—·?"]
        self.family, missing = best_font_for(self.pdf, text + "".join(ours))
        self.unknown = {ord(letter): "?" for letter in missing}

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def first(self, record: dict[str, Any], facts: dict[str, Any]) -> None:
        pdf, told = self.pdf, facts["told"]
        self.pdf.set_title(self._clean(_("Style audit")))
        self._font(9, SOFT)
        self._cell(f"{_('Style audit')} · {_moment(facts['made_at'])}")
        pdf.ln(2)
        top, wide = pdf.get_y(), WIDE
        bottom = top
        if facts["thumbnail"]:
            wide = WIDE - PICTURE - 8
            bottom = self._picture(record, MARGIN + wide + 8, top, PICTURE)
            if record["copy"] and record["copy"].get("where"):
                self._outline(record, MARGIN + wide + 8, top, PICTURE)
        if facts["withheld"]:
            self.text(facts["withheld"], wide=wide, colour=SOFT)
        if facts["stale"]:
            sentence = _(
                "A newer calibration is in force. This report stands as it was made; a new audit may say "
                "something else."
            )
            self.text(sentence, wide=wide, colour=MARK)
        self._font(16 if len(told.found) < 120 else 12, INK)
        self._cell(told.found, height=7, wide=wide)
        for title, sentences in ((_("How sure this is"), told.sure), (_("What it does not mean"), told.not_meant)):
            sentences = [sentence for sentence in sentences if sentence]
            if sentences:
                self.heading(title, wide=wide, size=11)
                for sentence in sentences:
                    self.text(sentence, wide=wide)
        pdf.set_y(max(pdf.get_y(), bottom) + 1)

    def heading(self, title: str, *, wide: float = WIDE, size: float = 12) -> None:
        if self.pdf.get_y() > PAGE[1] - MARGIN - 25:
            self.pdf.add_page()
        self.pdf.ln(3)
        self._font(size, INK)
        self._cell(title, height=6, wide=wide)
        self.pdf.ln(0.8)

    def text(self, sentence: str, *, wide: float = WIDE, colour: tuple[int, int, int] = INK) -> None:
        self._font(9.5, colour)
        self._cell(sentence, height=4.6, wide=wide)
        self.pdf.ln(1)

    def pairs(self, rows: Iterable[tuple[str, str]], *, size: float = 9) -> None:
        for name, value in rows:
            self._break(10)
            top = self.pdf.get_y()
            self._font(size, SOFT)
            self._cell(name, height=4.4, wide=44)
            left_bottom, page = self.pdf.get_y(), self.pdf.page
            self.pdf.set_xy(MARGIN + 46, top)
            self._font(size, INK)
            self._cell(value, height=4.4, wide=WIDE - 46, left=MARGIN + 46)
            # A value that went over to the next page ends below its name, however high up that is.
            self.pdf.set_y((max(left_bottom, self.pdf.get_y()) if self.pdf.page == page else self.pdf.get_y()) + 0.6)

    def table(self, names: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> None:
        from fpdf.enums import TableBordersLayout

        self._font(8.5, INK)
        self.pdf.set_draw_color(*LINE)
        self.pdf.set_fill_color(255)
        with self.pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(widths),
            line_height=4.6,
            text_align="LEFT",
            width=WIDE,
            align="LEFT",
            padding=(0.6, 1.5, 0.6, 0),
            first_row_as_headings=False,
        ) as table:
            for row in (names, *rows):
                line = table.row()
                for value in row:
                    line.cell(self._clean(str(value)))
        self.pdf.ln(1.5)

    def histogram(self, counted: dict[str, Any], facts: dict[str, Any]) -> None:
        self._break(2 * PLOT_HEIGHT + 40)
        self.heading(_("How this picture compares"))
        if facts["close"]:
            self.text(facts["close"])
        pdf, top = self.pdf, self.pdf.get_y() + 5
        for name, colour, floor in (
            ("own", OWN, top + PLOT_HEIGHT),
            ("background", BACKGROUND, top + 2 * PLOT_HEIGHT + 3),
        ):
            step = WIDE / len(counted[name])
            pdf.set_fill_color(*colour)
            for column, height in enumerate(plots.heights(counted[name])):
                if height:
                    pdf.rect(
                        MARGIN + column * step, floor - height * PLOT_HEIGHT, step * 0.92, height * PLOT_HEIGHT, "F"
                    )
            pdf.set_draw_color(*LINE)
            pdf.line(MARGIN, floor, MARGIN + WIDE, floor)
        bottom = top + 2 * PLOT_HEIGHT + 3
        for value, colour, label, is_this in (
            (counted["threshold"], INK, _("flagged to the right of this"), False),
            (counted["this"], MARK, _("this picture"), True),
        ):
            if value is not None:
                at = MARGIN + WIDE * plots.place(counted, value)
                pdf.set_draw_color(*colour)
                pdf.set_line_width(0.5 if is_this else 0.25)
                pdf.line(at, top - 1, at, bottom)
                self._label(at, top - 5 if is_this else bottom + 4.5, label, colour)
        pdf.set_line_width(0.2)
        self._label(MARGIN, bottom + 0.8, f"{counted['edges'][0]:.2f}", SOFT)
        self._label(MARGIN + WIDE, bottom + 0.8, f"{counted['edges'][-1]:.2f}", SOFT)
        pdf.set_xy(MARGIN, bottom + 10)
        above = _("Above: works by %(artist)s, each compared with their others (%(count)s)")
        self.text(above % {"artist": facts["histogram_artist"], "count": counted["own_count"]}, colour=OWN)
        below = _("Below: pictures that imitate nobody, each by its best score with anybody (%(count)s)")
        self.text(below % {"count": counted["background_count"]}, colour=SOFT)

    def interval(self, lr: dict[str, float], said: str) -> None:
        self._break(55)
        self.heading(_("The same hand, or another?"))
        self.text(said)
        pdf, level = self.pdf, self.pdf.get_y() + 9
        pdf.set_draw_color(*LINE)
        pdf.line(MARGIN, level, MARGIN + WIDE, level)
        low, value, high = (MARGIN + WIDE * plots.decades_place(lr[name]) for name in ("low", "log10", "high"))
        pdf.set_fill_color(*OWN)
        with pdf.local_context(fill_opacity=0.35):
            pdf.rect(low, level - 1.6, max(0.6, high - low), 3.2, "F")
        pdf.set_draw_color(*MARK)
        pdf.set_line_width(0.5)
        pdf.line(value, level - 3, value, level + 3)
        pdf.set_line_width(0.2)
        for decade in range(-plots.DECADES, plots.DECADES + 1):
            name = f"1/{10**-decade}" if decade < 0 else f"{10**decade}"
            self._label(MARGIN + WIDE * plots.decades_place(decade), level + 3, name, SOFT)
        self._label(MARGIN, level - 8, _("another hand"), SOFT)
        self._label(MARGIN + WIDE, level - 8, _("the same hand"), SOFT)
        pdf.set_xy(MARGIN, level + 9)

    def map(self, record: dict[str, Any]) -> None:
        self._break(70)
        pdf, top = self.pdf, self.pdf.get_y()
        drops = record["occlusion"]["drops"]
        width, height = self._fitted(record, 70.0)
        bottom = self._picture(record, MARGIN, top, 70.0)
        most = max((drop for row in drops for drop in row), default=0.0)
        pdf.set_fill_color(*HEAT)
        for row, line in enumerate(drops):
            for column, drop in enumerate(line):
                if most > 0 and drop > 0.05 * most:
                    x, y, w, h = plots.cell(row, column, len(drops), len(line), (width, height))
                    with pdf.local_context(fill_opacity=round(0.65 * drop / most, 3)):
                        pdf.rect(MARGIN + x, top + y, w, h, "F")
        pdf.set_xy(MARGIN, bottom + 2)

    def _picture(self, record: dict[str, Any], left: float, top: float, box: float) -> float:
        """Draw the small picture; where it ends."""
        width, height = self._fitted(record, box)
        data = base64.b64decode(record["image"]["thumbnail"])
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            self.pdf.image(image.convert("RGB"), left, top, width, height)
        return top + height

    def _outline(self, record: dict[str, Any], left: float, top: float, box: float) -> None:
        width, height = self._fitted(record, box)
        points = [(left + x * width, top + y * height) for x, y in record["copy"]["where"]]
        self.pdf.set_draw_color(*HEAT)
        self.pdf.set_line_width(0.8)
        self.pdf.polygon(points, style="D")
        self.pdf.set_line_width(0.2)

    @staticmethod
    def _fitted(record: dict[str, Any], box: float) -> tuple[float, float]:
        width, height = record["image"]["thumbnail_size"]
        scale = min(box / width, box / height)
        return width * scale, height * scale

    def _break(self, needed: float) -> None:
        if self.pdf.get_y() + needed > PAGE[1] - MARGIN:
            self.pdf.add_page()

    def _label(self, x: float, y: float, text: str, colour: tuple[int, int, int]) -> None:
        """Centred on *x*, but never beyond the margins."""
        self._font(7.5, colour)
        said = self._clean(text)
        wide = self.pdf.get_string_width(said)
        self.pdf.set_xy(min(max(x - wide / 2, MARGIN), MARGIN + WIDE - wide), y)
        self.pdf.cell(wide, 3.5, said)

    def _font(self, size: float, colour: tuple[int, int, int]) -> None:
        self.pdf.set_font(self.family, size=size)
        self.pdf.set_text_color(*colour)

    def _cell(self, text: str, *, height: float = 4.6, wide: float = WIDE, left: float = MARGIN) -> None:
        self.pdf.set_x(left)
        self.pdf.multi_cell(wide, height, self._clean(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _clean(self, text: str) -> str:
        return clean(text).translate(self.unknown)
