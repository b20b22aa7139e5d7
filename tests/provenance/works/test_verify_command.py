import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from provenance.credentials.sign import Signed, sign
from tests.factories import make_png
from tests.provenance.works.test_verify import make_story, signed, signer  # noqa: F401

pytestmark = pytest.mark.django_db


def _run(*files: Path, fails: bool = False) -> list[dict[str, Any]]:
    out = StringIO()
    if fails:
        with pytest.raises(CommandError):
            call_command("verify", *files, "--json", stdout=out)
    else:
        call_command("verify", *files, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_one_json_object_a_file(tmp_path: Path, signed: Signed) -> None:  # noqa: F811
    (tmp_path / "a.png").write_bytes(signed.data)
    (tmp_path / "b.png").write_bytes(make_png())
    first, second = _run(tmp_path / "a.png", tmp_path / "b.png")
    assert (first["file"], first["verdict"]) == (str(tmp_path / "a.png"), "valid")
    assert {"reasons", "summary", "marks", "manifest"} <= set(first)
    assert first["manifest"]["prompt"] == "a fox"
    assert (second["verdict"], second["manifest"]) == ("none", None)


def test_a_tampered_file_fails_the_command(tmp_path: Path, signed: Signed) -> None:  # noqa: F811
    changed = bytearray(signed.data)
    changed[-20] ^= 1
    (tmp_path / "a.png").write_bytes(changed)
    found, ended = _run(tmp_path / "a.png", fails=True)
    assert (found["verdict"], found["broken"]) == ("tampered", "pixels")
    assert ("error_code" in found, ended["error_code"]) == (False, "verification_failed")


def test_a_file_that_cannot_be_read_fails_the_command_after_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "b.png").write_bytes(make_png())
    missing, text, good, ended = _run(tmp_path / "missing.png", tmp_path / "a.txt", tmp_path / "b.png", fails=True)
    assert (missing["verdict"], missing["error_code"]) == (None, "file_unreadable")
    assert (text["verdict"], text["error_code"]) == (None, "not_an_image")
    assert good["verdict"] == "none"
    assert ended["error_code"] == "verification_failed"


def test_for_people(tmp_path: Path, signed: Signed) -> None:  # noqa: F811
    (tmp_path / "a.png").write_bytes(signed.data)
    out = StringIO()
    call_command("verify", tmp_path / "a.png", stdout=out)
    said = out.getvalue()
    assert said.startswith(f"{tmp_path / 'a.png'}: valid (")
    assert "Made with AI (colophon-mini) by this service." in said
    assert "prompt: a fox" in said
    assert "signed by: Colophon development signer" in said
    assert "Unsigned: IPTC fields" in said


def test_steps_and_ingredients_for_people(tmp_path: Path, signed: Signed) -> None:  # noqa: F811
    (tmp_path / "a.png").write_bytes(signed.data)
    out = StringIO()
    call_command("verify", tmp_path / "a.png", stdout=out)
    said = out.getvalue()
    assert "  [signed] was made, made by a trained AI model (the signer states it)\n" in said
    assert "  made from:\n    prompt (an input to its making): the prompt\n" in said
    assert f"read with: {signed.sdk}; trust list: none; " in said


def test_line_breaks_of_a_file_do_not_pass_for_lines_of_ours(tmp_path: Path, signer: Path) -> None:  # noqa: F811
    told = make_story()
    assert told.generation is not None
    prompt = "a fox\n  signed by: The Government"
    story = replace(told, generation=replace(told.generation, prompt=prompt))
    (tmp_path / "a.png").write_bytes(sign(make_png(), media_type="image/png", story=story).data)
    out = StringIO()
    call_command("verify", tmp_path / "a.png", stdout=out)
    said = out.getvalue()
    assert "signed by: The Government" in said
    assert "\n  signed by: The Government" not in said
