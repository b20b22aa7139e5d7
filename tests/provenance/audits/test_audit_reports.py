"""``manage.py audit --report``: a report for each flagged picture, and a page of all."""

import json
import re
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from provenance.reports import write
from provenance.reports.make import record_of as made
from similarity import index as index_module
from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Audit
from tests.provenance.web.html import Page
from tests.similarity.conftest import _tiny_loaded, encoded, painting, tiny, tiny_folder

__all__ = ["_tiny_loaded", "tiny", "tiny_folder"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(tiny: Encoder, tmp_path: Path, settings: Any) -> Path:
    """A copy of a known work, a new picture with markup for a name, and a file that is no picture."""
    settings.INDEX_DIR = tmp_path / "index"
    index_module._open.clear()
    works = tmp_path / "works" / "claude-monet"
    works.mkdir(parents=True)
    for number in range(12):
        (works / f"{number}.png").write_bytes(encoded(painting(number)))
    call_command("import_artworks", works.parent, stdout=StringIO(), stderr=StringIO())
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "copy.png").write_bytes((works / "3.png").read_bytes())
    (folder / "<b>new.png").write_bytes(encoded(painting(300)))
    (folder / "text.png").write_text("no picture")
    return folder


def audited(folder: Path, report: Path, **options: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("audit", str(folder), report=report, json=True, stdout=out, stderr=StringIO(), **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_report_for_the_flagged_and_a_page_of_all(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    *files, summary = audited(mine, out)
    assert summary["report"] == str(out / "index.html")
    copy = next(line for line in files if line["outcome"] == "copy")
    name = f"copy-{copy['sha256'][:12]}"
    assert {path.name for path in out.iterdir()} == {f"{name}.{end}" for end in ("html", "pdf", "json")} | {
        "index.html"
    }

    html = (out / "index.html").read_text()
    page = Page(html)
    assert page.problems == [] or page.problems == ["an inline <style>"]
    assert [link["href"] for link in page.all("a")] == [f"{name}.html"]
    assert "<b>new" not in html
    assert "&lt;b&gt;new.png" in html
    assert "The same picture as a known work" in " ".join(page.text.split())
    assert "Flagged" in page.text
    assert len(page.all("img")) == 2


def test_all_of_them_and_not_again(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    audited(mine, out)
    written = {path: path.stat().st_mtime_ns for path in out.glob("*.json")}
    assert len(written) == 1
    audited(mine, out, every=True, as_set=True)
    assert len(list(out.glob("*.json"))) == 2
    assert all(path.stat().st_mtime_ns == before for path, before in written.items())
    assert "All of them as one" in (out / "index.html").read_text()


def test_a_folder_that_cannot_be_written_is_said_before_the_work(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CommandError, match="out_unwritable"):
        audited(mine, tmp_path / "file")


def outdated(monkeypatch: pytest.MonkeyPatch, *outcomes: str) -> None:
    """From now on no report can be made of audits with these outcomes."""

    def record_of(audit: Audit, data: bytes, **options: Any) -> dict[str, Any]:
        if audit.outcome in outcomes:
            raise SimilarityError("audit_outdated", "Works have changed since.", note="(a note)")
        return made(audit, data, **options)

    monkeypatch.setattr(write, "record_of", record_of)


def test_a_report_that_cannot_be_made_is_told_and_the_others_are_there(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "reports"
    with monkeypatch.context() as patched:
        outdated(patched, "copy")
        summary = audited(mine, out, every=True)[-1]
    refused = {"error_code": "audit_outdated", "error": "Works have changed since. (a note)"}
    assert summary["refused"] == [{"file": str(mine / "copy.png"), **refused}]
    page = Page((out / "index.html").read_text())
    (link,) = [str(link["href"]) for link in page.all("a")]
    assert re.fullmatch(r"-b-new-\w{12}\.html", link)
    assert "There is no report: Works have changed since." in page.text
    assert "(a note)" not in page.text

    summary = audited(mine, out, every=True)[-1]  # again, once it can be made
    assert summary["refused"] == []
    assert len(list(out.glob("*.json"))) == 2


def test_no_report_at_all_makes_it_fail_after_the_page(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outdated(monkeypatch, "copy")
    told = StringIO()
    with pytest.raises(CommandError, match="nothing_reported: None of 1 reports could be made"):
        call_command("audit", str(mine), report=tmp_path / "reports", stdout=StringIO(), stderr=told)
    assert f"{mine / 'copy.png'}: audit_outdated: Works have changed since." in told.getvalue()
    assert "There is no report" in (tmp_path / "reports" / "index.html").read_text()


def test_an_error_nobody_foresaw_is_hidden_in_no_page(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(write, "record_of", broken)
    with pytest.raises(ZeroDivisionError):
        audited(mine, tmp_path / "reports")


def test_it_shows_how_far_the_reports_are(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    call_command("audit", str(mine), report=tmp_path / "reports", every=True, stdout=StringIO(), stderr=StringIO())
    bars = shown.getvalue().split("\r")
    assert [bar for bar in bars if "0/2" in bar and "looks=" in bar], "while the first is made"
    assert re.search(r"2/2 .*looks=\d+", bars[-1])
