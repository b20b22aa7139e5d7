"""A folder of pictures through ``manage.py audit``: what is done stays done, and one bad file stops nothing."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from similarity import audit_files as module
from similarity.audit import audit_image
from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Artist, Audit
from tests.similarity.conftest import encoded, painting

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection(tiny: Encoder, gallery: Callable[..., Path]) -> Path:
    root = gallery({"claude-monet": 12, "zz-ada": 3})
    call_command("import_artworks", root, stdout=StringIO(), stderr=StringIO())
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two new pictures, one of them below; a text that calls itself a picture; and a text that does not."""
    root = tmp_path / "mine"
    (root / "below").mkdir(parents=True)
    (root / "a.png").write_bytes(encoded(painting(701)))
    (root / "below" / "b.jpg").write_bytes(encoded(painting(702), "JPEG"))
    (root / "c.png").write_text("no picture")
    (root / "notes.txt").write_text("not asked for")
    return root


def audited(*paths: Path, **options: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("audit", *map(str, paths), json=True, stdout=out, stderr=StringIO(), **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_folder_is_audited_and_a_bad_file_passed_over(collection: Path, folder: Path) -> None:
    *files, summary = audited(folder)

    assert [(Path(line["file"]).name, line["outcome"], line["error_code"]) for line in files] == [
        ("a.png", "not_calibrated", None),
        ("b.jpg", "not_calibrated", None),
        ("c.png", "failed", "not_an_image"),
    ]
    assert summary == {"pictures": 3, "outcomes": {"not_calibrated": 2, "failed": 1}}
    assert Audit.objects.filter(owner=None).count() == 2


def test_what_is_done_is_not_done_again(collection: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a run that died after one picture, when it is run again, then only the others are compared."""
    judged: list[str] = []
    real = audit_image

    def counting(data: bytes, **options: Any) -> Audit:
        if len(judged) == 1:
            raise KeyboardInterrupt
        audit = real(data, **options)
        judged.append(audit.image_sha256)
        return audit

    monkeypatch.setattr(module, "audit_image", counting)
    with pytest.raises(KeyboardInterrupt):
        audited(folder)
    assert Audit.objects.count() == 1

    monkeypatch.setattr(module, "audit_image", real)
    assert [line["again"] for line in audited(folder)[:-1]] == [True, False, False]
    assert Audit.objects.count() == 2
    assert [line["again"] for line in audited(folder)[:-1]] == [True, True, False]
    assert Audit.objects.count() == 2


def test_another_index_or_other_words_are_another_question(collection: Path, folder: Path, tmp_path: Path) -> None:
    file = folder / "a.png"
    assert [line["again"] for line in audited(file)] == [False]
    assert [line["again"] for line in audited(file, prompt="like Monet")] == [False]
    assert [line["again"] for line in audited(file, prompt="like Monet")] == [True]

    (tmp_path / "more" / "zz-bo").mkdir(parents=True)
    (tmp_path / "more" / "zz-bo" / "1.png").write_bytes(encoded(painting(900)))
    call_command("import_artworks", tmp_path / "more", stdout=StringIO(), stderr=StringIO())
    assert [line["again"] for line in audited(file)] == [False]
    assert Audit.objects.count() == 3


def test_a_folder_as_one_set(collection: Path, folder: Path) -> None:
    """Without a calibration the set is compared and not judged either; the same bytes twice are one picture."""
    (folder / "again.png").write_bytes((folder / "a.png").read_bytes())
    *_files, summary = audited(folder, as_set=True)
    told = summary["set"]
    assert (told["outcome"], told["reasons"], told["n"], told["groups"]) == (
        "not_calibrated",
        ["no_calibration"],
        3,
        2,
    )

    out = StringIO()
    call_command("audit", str(folder), as_set=True, stdout=out, stderr=StringIO())
    assert "as one set of 2 independent pictures: compared, but not calibrated to judge" in out.getvalue()


def test_a_generator_nobody_calibrated_for_is_an_error(collection: Path, folder: Path) -> None:
    with pytest.raises(CommandError, match="unknown_generator"):
        audited(folder, generator="no-such-model")
    assert [line["domain"] for line in audited(folder / "a.png", generator="AB" * 32)] == ["generated:" + "ab" * 32]


def test_an_empty_folder_is_an_error(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="no_pictures"):
        audited(tmp_path / "empty")
    assert Audit.objects.count() == 0


def test_a_folder_of_nothing_but_bad_files_fails(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_text("no picture")
    with pytest.raises(CommandError, match="1 of 1 files could not be judged"):
        audited(tmp_path / "bad")


def test_a_file_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    assert module.pictures_in([tmp_path / "a.png", tmp_path, tmp_path / "absent.png"]) == [
        tmp_path / "a.png",
        tmp_path / "absent.png",
    ]
    with pytest.raises(SimilarityError, match="no picture"):
        (tmp_path / "none").mkdir()
        module.pictures_in([tmp_path / "none"])


def test_an_audit_keeps_whom_its_outcome_names(collection: Path) -> None:
    """A copy names the artist of the known work; the nearest of an audit that judged nothing is not named."""
    ada = Artist.objects.get(slug="zz-ada")
    copy, other = collection / "zz-ada" / "001.png", collection.parent / "new.png"
    other.write_bytes(encoded(painting(710)))
    audited(copy, other)

    assert list(Audit.objects.naming(ada).values_list("outcome", flat=True)) == ["copy"]
    assert not Audit.objects.naming(Artist.objects.get(slug="claude-monet")).exists()
