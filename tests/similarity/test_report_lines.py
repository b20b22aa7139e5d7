"""Lines that every reader takes, whatever files are called."""

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from similarity.report_lines import file_facts, json_line, readable, unwritable


@given(st.binary(max_size=40))
def test_a_name_of_any_bytes_is_told_without_loss(name: bytes) -> None:
    path = os.fsdecode(name)

    said = json.loads(json_line(file_facts(path)).encode())  # what is written must be UTF-8

    told = base64.b64decode(said["file_base64"]) if "file_base64" in said else said["file"].encode()
    assert told == name


@given(st.text(st.characters(), max_size=40) | st.text(st.characters(categories=["Cs"]), max_size=4))
def test_a_line_can_always_be_written(text: str) -> None:
    line = json_line({"text": text, "deep": [{"er": text}]})

    assert json.loads(line.encode())["text"] == readable(text)
    assert "\n" not in line


def test_names_in_unicode_stay_as_they_are() -> None:
    assert file_facts("海.png") == {"file": "海.png"}
    assert readable(os.fsdecode(b"f\xff.png")) == "f\ufffd.png"


def test_whether_a_folder_can_be_written_is_asked_without_making_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    assert unwritable(tmp_path / "new" / "er") == ""
    assert unwritable(tmp_path / "file") == f"{tmp_path / 'file'} is not a folder"
    assert unwritable(tmp_path / "file" / "below") == f"{tmp_path / 'file'} is not a folder"
    monkeypatch.setattr(os, "access", lambda *asked: False)
    assert unwritable(tmp_path / "new") == f"{tmp_path} may not be written to"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
