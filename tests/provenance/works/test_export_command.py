import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from generation import blobs
from provenance.credentials.development import create
from provenance.works.models import Export, Version
from tests.provenance.works.test_export import sealed

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(creator: User, settings: Settings, tmp_path: Path) -> Version:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.PROVIDER_CODE = "0019X"
    create()
    return sealed(creator, size=(96, 64))


def run(version: Version, *arguments: str) -> str:
    out = StringIO()
    call_command("export", str(version.pk), *arguments, stdout=out)
    return out.getvalue()


def test_a_file_lies_where_it_was_asked_for(version: Version, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    said = json.loads(run(version, "--profile", "china", "--format", "jpeg", "--out", str(folder), "--json"))
    made = Export.objects.get()
    assert said["file"] == str(folder / "a-harbour-at-sunset-1-china.jpg")
    assert Path(said["file"]).read_bytes() == blobs.get(made.blob)
    assert (said["new"], said["label"], said["sha256"]) == (True, "AI生成", made.sha256)
    assert made.by == version.work.owner
    again = json.loads(run(version, "--profile", "china", "--format", "jpeg", "--out", str(folder), "--json"))
    assert (again["new"], again["export"]) == (False, said["export"])
    assert [path.name for path in folder.iterdir()] == ["a-harbour-at-sunset-1-china.jpg"]


def test_a_copy_without_label_must_be_agreed_to(version: Version, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="agreement_needed"):
        run(version, "--profile", "china", "--unlabelled", "--out", str(tmp_path))
    assert not Export.objects.exists()
    text = run(version, "--profile", "china", "--unlabelled", "--agree", "--out", str(tmp_path))
    assert "china-unlabelled.png" in text
    assert Export.objects.get().agreement


def test_preflight_says_what_is_missing_and_makes_nothing(version: Version, settings: Settings) -> None:
    text = run(version, "--profile", "china", "--preflight")
    assert "[tc260]" in text
    settings.PROVIDER_CODE = ""
    with pytest.raises(CommandError, match="not_ready: provider_code_missing"):
        run(version, "--profile", "china", "--preflight", "--json")
    assert not Export.objects.exists()


def test_mistakes_end_with_a_code(version: Version, tmp_path: Path) -> None:
    for arguments, code in (
        (["--profile", "atlantis"], "unknown_profile"),
        (["--labelled", "--unlabelled"], "bad_arguments"),
        (["--user", "nobody"], "no_such_user"),
        (["--profile", "korea", "--unlabelled", "--agree"], "unlabelled_forbidden"),
    ):
        with pytest.raises(CommandError, match=code):
            run(version, *arguments, "--out", str(tmp_path))
    with pytest.raises(CommandError, match="no_such_version"):
        call_command("export", "00000000-0000-0000-0000-000000000000")
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="file_unwritable"):
        run(version, "--out", str(tmp_path / "file"))
