"""``manage.py audit --report``: a report for each flagged picture, and a page of all."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from similarity import index as index_module
from similarity.encoder import Encoder
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
