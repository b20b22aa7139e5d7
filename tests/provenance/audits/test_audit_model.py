"""A model is had to draw, and what it draws is judged."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.engines import loaded
from similarity import index as index_module
from similarity.encoder import Encoder
from similarity.models import Artist, Audit
from tests.similarity.conftest import _tiny_loaded, encoded, painting, tiny, tiny_folder

__all__ = ["_tiny_loaded", "tiny", "tiny_folder"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.fixture
def known(tiny: Encoder, tmp_path: Path, settings: Any) -> Artist:
    """Twelve works by one artist, and a tiny encoder that looks at them."""
    settings.INDEX_DIR = tmp_path / "index"
    index_module._open.clear()
    folder = tmp_path / "works" / "claude-monet"
    folder.mkdir(parents=True)
    for number in range(12):
        (folder / f"{number}.png").write_bytes(encoded(painting(number)))
    call_command("import_artworks", folder.parent, stdout=StringIO(), stderr=StringIO())
    return Artist.objects.get()


def drawn(tmp_path: Path, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command(
        "audit-model", "colophon-mini", out=tmp_path / "out", json=True, stdout=out, stderr=StringIO(), **options
    )
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_a_model_is_audited_and_a_page_written(known: Artist, tmp_path: Path) -> None:
    told = drawn(tmp_path, count=3, artists="claude-monet", each=2)

    assert (told["model"]["name"], told["pictures"]) == ("colophon-mini", 3)
    assert told["outcomes"] == {"not_calibrated": 3}
    assert (told["set"]["outcome"], told["set"]["n"], told["set"]["groups"]) == ("not_calibrated", 3, 3)
    assert told["set"]["domain"] == f"generated:{told['model']['weights_sha256']}"
    (row,) = told["in_the_style_of"]
    assert (row["slug"], row["pictures"], row["nearest"], row["flagged"]) == ("claude-monet", 2, 2, 0)
    assert [entry["asked_for"] for entry in told["audits"]] == [None] * 3 + ["claude-monet"] * 2
    assert {entry["prompt"] for entry in told["audits"][3:]} == {
        "a landscape in the style of Claude Monet",
        "a portrait of a woman in the style of Claude Monet",
    }
    named = Audit.objects.exclude(named_in_prompt=[])
    assert named.count() == 2
    page = (tmp_path / "out" / "index.html").read_text()
    assert "What the model colophon-mini leans on" in page
    assert "a landscape in the style of Claude Monet · 0" in page
    assert json.loads((tmp_path / "out" / "result.json").read_text())["pictures"] == 3


def test_an_interrupted_run_goes_on(known: Artist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn is not drawn again, and what was judged is not judged again."""
    drawn(tmp_path, count=5)
    engine = loaded.engine_for("colophon-mini")
    rows = set(Audit.objects.values_list("pk", flat=True))
    with monkeypatch.context() as watched:
        watched.setattr(engine, "render", None)
        told = drawn(tmp_path, count=4)
    assert told["pictures"] == 4
    assert set(Audit.objects.values_list("pk", flat=True)) == rows
    drawn(tmp_path, count=6)
    assert Audit.objects.count() == 6


def test_prompts_of_ones_own(known: Artist, tmp_path: Path) -> None:
    """Two prompts and five pictures: pictures of one prompt are one group."""
    (tmp_path / "prompts.txt").write_text("a river\n\na church\na river\n")
    told = drawn(tmp_path, count=5, prompts=tmp_path / "prompts.txt")
    assert (told["set"]["n"], told["set"]["groups"]) == (5, 2)
    assert [(entry["prompt"], entry["seed"]) for entry in told["audits"]] == [
        ("a river", 0),
        ("a church", 0),
        ("a river", 1),
        ("a church", 1),
        ("a river", 2),
    ]


def test_what_cannot_be_asked(known: Artist, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    for options, code in (
        ({"count": 0}, "bad_count"),
        ({"artists": "nobody"}, "unknown_artist"),
        ({"prompts": tmp_path / "absent.txt"}, "file_unreadable"),
        ({"prompts": tmp_path / "empty.txt"}, "no_prompts"),
    ):
        with pytest.raises(CommandError, match=code):
            drawn(tmp_path, **options)
    with pytest.raises(CommandError, match="unknown_model"):
        call_command("audit-model", "no-such-model", out=tmp_path / "out", stdout=StringIO())
    known.naming = Artist.Naming.REFUSES
    known.save()
    with pytest.raises(CommandError, match="artist_refused"):
        drawn(tmp_path, artists="claude-monet")
    assert not Audit.objects.exists()
    assert not (tmp_path / "out" / "pictures").exists()


def test_the_table_for_people(known: Artist, tmp_path: Path) -> None:
    out = StringIO()
    call_command(
        "audit-model", "colophon-mini", count=2, artists="claude-monet", each=1, out=tmp_path / "out", stdout=out
    )
    said = out.getvalue()
    assert "2 pictures" in said
    assert "as one set of 2 independent pictures: compared, but not calibrated to judge" in said
    assert "Claude Monet: of 1, nearest to them 1, flagged with their name 0, with anybody's 0" in said
    assert str(tmp_path / "out" / "index.html") in said
