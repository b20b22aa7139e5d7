"""The page and the PDF of a report: whole, in any language, whatever the words in it are."""

import io
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from provenance.reports.figures import figures
from provenance.reports.page import html_file
from provenance.reports.pdf import MARGIN, PAGE, _Sheet, pdf_file
from provenance.reports.sign import read, signed
from provenance.works import pdf_font
from tests.provenance.reports.records import copied, make_record
from tests.provenance.web.test_hostile_text import OWN, attacks

pdfium = pytest.importorskip("pypdfium2")
HOSTILE = [text.replace("\0", "") for text in OWN + attacks()]


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    parser.close()
    return parser


def pdf_text(pdf: bytes) -> str:
    with pdfium.PdfDocument(io.BytesIO(pdf)) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", " ")


def everything(text: str = "Claude Monet") -> dict[str, Any]:
    return make_record("copy", text=text, copy=copied(text))


def test_the_page_has_every_part_and_needs_nothing_else() -> None:
    html = html_file(make_record(), stale=True)
    page = seen(html)

    for heading in (
        *("How sure this is", "What it does not mean", "How this picture compares", "What was looked at"),
        *("What the resemblance rests on", "Nearest artists", "Nearest works", "How often it errs"),
        "To compute it again",
    ):
        assert heading in page.text
    assert "A newer calibration is in force" in page.text
    assert "python manage.py replay REPORT.json --image FILE" in page.text
    assert page.text.count("a" * 64) == 0
    assert "i" * 64 in page.text
    assert "28 November 2026" in page.text
    assert [value for name, value in page.attributes if name in ("src", "href") and not value.startswith("data:")] == []
    assert "script" not in page.tags
    assert page.tags.count("svg") >= 3


def test_the_sheet_has_every_part() -> None:
    text = pdf_text(pdf_file(make_record(), stale=True))
    for said in (
        *(
            "It resembles the works of Claude Monet",
            "no more than 5",
            "What it does not mean",
            "this picture",
        ),
        *("A newer calibration is in force", "Nearest works", "replay REPORT.json", "moderate support"),
    ):
        assert said in text


@pytest.mark.skipif(not any(Path(path).is_file() for path, _face in pdf_font.FONTS[:-1]), reason="no CJK font here")
def test_chinese_names_are_written() -> None:
    with translation.override("zh-hans"):
        assert "齐白石" in pdf_text(pdf_file(make_record(text="齐白石")))
        assert "齐白石" in seen(html_file(make_record(text="齐白石"))).text


def test_without_any_font_latin_sentences_are_written_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_font, "FONTS", ())
    text = pdf_text(pdf_file(make_record(text="齐白石 Ada")))
    assert "It resembles the works of ??? Ada" in text


@pytest.mark.parametrize("outcome", ["not_calibrated", "no_known_artist", "ambiguous", "insufficient_references"])
def test_reports_without_a_picture_or_a_calibration_are_whole(outcome: str) -> None:
    bare = make_record(
        outcome, image={"sha256": "ab" * 32, "thumbnail": "", "thumbnail_size": None}, occlusion=None, ablations=[]
    ) | {"distribution": None, "calibration": None}
    bare["decision"] = {"outcome": outcome, "domain": "uploads", "reasons": [], "candidates": []}

    assert "No picture was kept with this audit" in seen(html_file(bare)).text
    assert pdf_file(bare).startswith(b"%PDF")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_only_words(text: str) -> None:
    record = everything(text)
    plain, page = seen(html_file(everything())), seen(html_file(record))

    assert page.tags == plain.tags
    assert [name for name, _value in page.attributes] == [name for name, _value in plain.attributes]
    assert pdf_file(record).startswith(b"%PDF")


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_what_they_are_in_the_json(text: str, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")
    back = read(signed(everything(text)).encode())
    assert back.flaw == ""
    assert back.record["artist"]["name"] == text


def test_a_value_that_goes_over_to_the_next_page_is_followed_there() -> None:
    sheet = _Sheet("")
    sheet.pdf.set_y(PAGE[1] - MARGIN - 10.5)

    sheet.pairs([("Used as a reference", "a painted harbour, " * 40), ("Encoder", "ee" * 32)])

    assert sheet.pdf.page == 2
    assert sheet.pdf.get_y() < 100


def test_nothing_is_called_higher_than_all_that_is_not() -> None:
    record = make_record()
    counts = [0] * len(record["distribution"]["background"])
    counts[0], counts[-1] = 997, 3
    record["distribution"] |= {"background": counts, "background_count": 1000}

    assert "higher than 99 % of 1000 pictures" in figures(record)["histogram"]
