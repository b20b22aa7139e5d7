"""``audit``, ``embed`` and ``import_artworks`` say what they cannot read, and leave nothing half-made."""

import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Artist, Audit, Reference
from similarity.pictures import read_file
from tests.similarity.conftest import encoded, painting

pytestmark = pytest.mark.django_db

GOOD = encoded(painting(1))
NOT_UTF8 = os.fsdecode(b"f\xff.png")


def bad_files(folder: Path, settings: Settings) -> dict[str, str]:
    """Files that are no pictures for us, by name, with the code each must get. ``bomb.png`` is 96 × 80 pixels."""
    settings.MAX_IMAGE_PIXELS = 90 * 80
    (folder / "folder.png").mkdir()
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("hello")
    (folder / "cut.png").write_bytes(encoded(painting(2, size=(64, 64)))[:-200])
    (folder / "bomb.png").write_bytes(GOOD)
    (folder / "drawing.png").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return {
        "missing.png": "file_unreadable",
        "folder.png": "file_unreadable",
        "empty.png": "file_empty",
        "text.png": "not_an_image",
        "cut.png": "truncated_image",
        "bomb.png": "too_many_pixels",
        "drawing.png": "unsupported_format",
    }


def run(command: str, *args: Any, fails: str | None = "", **options: Any) -> tuple[list[Any], str]:
    """The JSON lines of standard output, and standard error; the command must fail with *fails*, or not if None."""
    out, err = StringIO(), StringIO()
    if fails is None:
        call_command(command, *map(str, args), stdout=out, stderr=err, **options)
    else:
        with pytest.raises(CommandError, match=fails):
            call_command(command, *map(str, args), stdout=out, stderr=err, **options)
    out.getvalue().encode()  # can be written
    return [json.loads(line) for line in out.getvalue().splitlines()] if options.get("json") else [], err.getvalue()


def test_audit_tells_each_bad_file_by_a_code_and_goes_on(tiny: Encoder, tmp_path: Path, settings: Settings) -> None:
    codes = bad_files(tmp_path, settings)
    (tmp_path / "good.png").write_bytes(encoded(painting(3, size=(64, 64))))
    names = [*codes, "good.png"]

    (*lines, last), _err = run("audit", *(tmp_path / name for name in names), json=True, fails="7 of 8")

    assert last["error_code"] == "not_judged"
    assert [line["error_code"] for line in lines] == [*codes.values(), None]
    assert [line["outcome"] for line in lines] == ["failed"] * 7 + ["insufficient_references"]
    assert all(line["error"].endswith(".") for line in lines[:7])
    assert Audit.objects.count() == 1, "of the good one"

    _lines, err = run("audit", *(tmp_path / name for name in codes), fails="7 of 7")
    assert all(f"{tmp_path / name}: could not be judged\n  {code}: " in err for name, code in codes.items())


def test_audit_tells_a_name_that_is_no_utf8(tiny: Encoder, tmp_path: Path) -> None:
    (tmp_path / NOT_UTF8).write_bytes(GOOD)

    ((line,), _err) = run("audit", tmp_path / NOT_UTF8, json=True, fails=None)

    assert (line["file"], line["outcome"]) == (str(tmp_path / "f\ufffd.png"), "insufficient_references")
    assert line["file_base64"]
    run("audit", tmp_path / NOT_UTF8, fails=None)


def test_without_an_encoder_nothing_is_audited(tmp_path: Path, settings: Settings) -> None:
    settings.ENCODER = f"local-dir:{tmp_path}"
    (tmp_path / "good.png").write_bytes(GOOD)
    lines, _err = run("audit", tmp_path / "good.png", json=True, fails="encoder_not_found: ")
    assert [line["error_code"] for line in lines] == ["encoder_not_found"]


def test_embed_passes_over_what_it_cannot_read(tiny: Encoder, tmp_path: Path, settings: Settings) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    codes = bad_files(pictures, settings)
    (pictures / NOT_UTF8).write_bytes(encoded(painting(3, size=(64, 64))))

    ((line,), err) = run("embed", pictures, out=tmp_path / "v.npz", json=True, fails=None)

    assert (line["embedded"], line["refused"]) == (1, 6)  # ``missing.png`` is not below the folder
    assert all(f"{name}: {code}: " in err for name, code in codes.items() if name != "missing.png")
    with np.load(tmp_path / "v.npz", allow_pickle=False) as held:
        assert (list(held["paths"]), held["vectors"].shape) == ([NOT_UTF8], (1, tiny.dimension))


@pytest.mark.parametrize(
    ("folder", "out", "code"),
    [
        ("missing", "v.npz", "not_a_folder"),
        ("a.png", "v.npz", "not_a_folder"),
        ("pictures", "a.png/v.npz", "out_unwritable"),
        ("pictures", "pictures", "out_unwritable"),
        ("empty", "v.npz", "nothing_embedded"),
    ],
)
def test_embed_says_what_is_wrong_and_writes_nothing(
    tiny: Encoder, tmp_path: Path, folder: str, out: str, code: str
) -> None:
    (tmp_path / "a.png").write_bytes(GOOD)
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "b.png").write_bytes(GOOD)
    before = sorted(tmp_path.rglob("*"))

    lines, _err = run("embed", tmp_path / folder, out=tmp_path / out, json=True, fails=f"{code}: ")

    assert [line["error_code"] for line in lines] == [code]
    assert sorted(tmp_path.rglob("*")) == before


def test_an_import_passes_over_what_it_cannot_read(
    tiny: Encoder, gallery: Callable[..., Path], settings: Settings
) -> None:
    root = gallery({"claude-monet": 0})
    codes = bad_files(root / "claude-monet", settings)
    (root / "claude-monet" / "good.png").write_bytes(encoded(painting(3, size=(64, 64))))
    (root / os.fsdecode(b"mon\xe9t")).mkdir()
    (root / os.fsdecode(b"mon\xe9t") / "a.png").write_bytes(GOOD)

    ((line,), err) = run("import_artworks", root, json=True, fails=None)

    assert (line["imported"], Reference.objects.count(), Artist.objects.count()) == (1, 1, 1)
    told = {refused["file"]: refused["error_code"] for refused in line["refused"]}
    assert told == {f"claude-monet/{name}": code for name, code in codes.items() if name != "missing.png"} | {
        "mon\ufffdt/a.png": "artist_unreadable"
    }
    assert err.count("\n") == 7


@pytest.mark.parametrize(
    ("path", "table", "code"),
    [
        ("missing", None, "not_a_folder"),
        ("a.png", None, "not_a_folder"),
        ("works", "missing.csv", "csv_unreadable"),
        ("works", "works", "csv_unreadable"),
        ("works", "latin1.csv", "csv_unreadable"),
        ("works", "columns.csv", "csv_unreadable"),
        ("columns.csv", None, "csv_unreadable"),
        ("works/empty.csv", None, "csv_unreadable"),
    ],
)
def test_an_import_of_nothing_says_why(tiny: Encoder, tmp_path: Path, path: str, table: str | None, code: str) -> None:
    (tmp_path / "works").mkdir()
    (tmp_path / "a.png").write_bytes(GOOD)
    (tmp_path / "latin1.csv").write_bytes("file,artist\na.png,Mon\xe9t\n".encode("latin-1"))
    (tmp_path / "columns.csv").write_text("picture,painter\na.png,Monet\n")
    (tmp_path / "works" / "empty.csv").write_text("")
    options = {} if table is None else {"csv": tmp_path / table}

    lines, _err = run("import_artworks", tmp_path / path, json=True, fails=f"{code}: ", **options)

    assert [line["error_code"] for line in lines] == [code]
    assert not Artist.objects.exists()


def test_an_empty_folder_imports_nothing(tiny: Encoder, tmp_path: Path) -> None:
    ((line, last), _err) = run("import_artworks", tmp_path, json=True, fails="Nothing could be imported")
    assert (line["imported"], line["refused"], last["error_code"]) == (0, [], "nothing_imported")


def test_a_file_without_end_is_read_to_the_limit_only(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    with pytest.raises(SimilarityError) as caught:
        read_file(Path("/dev/zero"))
    assert caught.value.code == "file_too_large"
