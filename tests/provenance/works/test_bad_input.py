"""``generate`` and ``verify`` say what they cannot do by a sentence and a code, and leave nothing half-made."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from generation.models import Job
from tests.factories import make_png

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
NOT_UTF8 = os.fsdecode(b"f\xff.png")


def run(command: str, *args: Any, fails: str | None = "") -> tuple[list[Any], str]:
    """The JSON lines of standard output, and standard error; the command must fail with *fails*, or not if None."""
    out, err = StringIO(), StringIO()
    if fails is None:
        call_command(command, *map(str, args), stdout=out, stderr=err)
    else:
        with pytest.raises(CommandError, match=fails):
            call_command(command, *map(str, args), stdout=out, stderr=err)
    out.getvalue().encode()  # can be written
    return [json.loads(line) for line in out.getvalue().splitlines()] if "--json" in args else [], err.getvalue()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("prompt", "args", "code"),
    [
        ("", [], "prompt_empty"),
        ("x" * 2001, [], "prompt_too_long"),
        ("a\x00b", [], "prompt_control_characters"),
        (os.fsdecode(b"caf\xe9"), [], "prompt_not_unicode"),
        ("a harbour", ["--size", "12"], "bad_size"),
        ("a harbour", ["--size", "-64"], "bad_size"),
        ("a harbour", ["--size", "64x"], "bad_size"),
        ("a harbour", ["--size", "64x64x64"], "bad_size"),
        ("a harbour", ["--size", "٦٤"], "bad_size"),
        ("a harbour", ["--size", "9" * 5000], "bad_size"),
        ("a harbour", ["--size", "1000000"], "bad_size"),
        ("a harbour", ["--count", "0"], "bad_count"),
        ("a harbour", ["--count", "-1"], "bad_count"),
        ("a harbour", ["--count", "1000"], "bad_count"),
        ("a harbour", ["--steps", "0"], "bad_steps"),
        ("a harbour", ["--guidance", "nan"], "bad_guidance"),
        ("a harbour", ["--seed", "-1"], "bad_seed"),
        ("a harbour", ["--seed", str(2**64)], "bad_seed"),
        ("a harbour", ["--seed", "seven"], "bad_seed"),
        ("a harbour", ["--model", "no/such"], "unknown_model"),
        ("a harbour", ["--user", "a b"], "bad_user"),
        ("a harbour", ["--user", "x" * 151], "bad_user"),
        ("a harbour", ["--user", "a\x00"], "bad_user"),
        ("a harbour", ["--user", os.fsdecode(b"\xff")], "bad_user"),
        ("a harbour", ["--user", ""], "bad_user"),
    ],
)
def test_a_request_that_is_refused_makes_nothing(out: Path, prompt: str, args: list[str], code: str) -> None:
    argument = [f"{args[0]}={args[1]}"] if args else []

    lines, _err = run("generate", prompt, *argument, "--out", out, "--json", fails=f"{code}: ")

    assert [line["error_code"] for line in lines] == [code]
    assert lines[0]["error"].endswith((".", "HEIGHT", "_"))
    # Not even the user that would have been made for it.
    assert (Job.objects.count(), User.objects.count(), out.exists()) == (0, 0, False)


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_where_nothing_can_be_put_nothing_is_made(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("x")

    lines, _err = run("generate", "a harbour", "--out", tmp_path / where, "--json", fails="out_unwritable: ")

    assert [line["error_code"] for line in lines] == ["out_unwritable"]
    assert (Job.objects.count(), User.objects.count(), (tmp_path / "file").read_text()) == (0, 0, "x")


@pytest.mark.parametrize("arguments", [[], ["a harbour", "--count", "many"], ["a harbour", "--no-such-option"]])
def test_a_command_that_is_typed_wrongly_says_how_it_is_used(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="Error: "):
        call_command("generate", *arguments)
    assert not Job.objects.exists()


def bad_files(folder: Path, settings: Settings) -> dict[str, str]:
    settings.MAX_IMAGE_PIXELS = 64 * 48 - 1
    (folder / "folder").mkdir()
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("hello")
    (folder / "cut.png").write_bytes(make_png(size=(48, 48))[:-30])
    (folder / "bomb.png").write_bytes(make_png(size=(64, 48)))
    return {
        "missing.png": "file_unreadable",
        "folder": "file_unreadable",
        "empty.png": "file_empty",
        "text.png": "not_an_image",
        "cut.png": "truncated_image",
        "bomb.png": "too_many_pixels",
    }


def test_verify_tells_each_bad_file_by_a_code_and_goes_on(tmp_path: Path, settings: Settings) -> None:
    codes = bad_files(tmp_path, settings)
    (tmp_path / "good.png").write_bytes(make_png(size=(48, 48)))
    files = [tmp_path / name for name in [*codes, "good.png"]]

    (*lines, last), _err = run("verify", *files, "--json", fails="6 of 7")

    assert last["error_code"] == "verification_failed"
    assert [line.get("error_code") for line in lines] == [*codes.values(), None]
    assert [line["verdict"] for line in lines] == [None] * 6 + ["none"]

    _lines, err = run("verify", *files[:-1], fails="6 of 6")
    assert [line.split(": ")[:2] for line in err.splitlines()] == [[str(f), codes[f.name]] for f in files[:-1]]


def test_verify_without_records_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def missing(*asked: Any, **more: Any) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr("provenance.works.management.commands.verify.verify", missing)
    (tmp_path / "a.png").write_bytes(make_png())
    lines, _err = run("verify", tmp_path / "a.png", "--json", fails="manage.py migrate")
    assert [line["error_code"] for line in lines] == ["database_unavailable"]


def test_verify_tells_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    (tmp_path / NOT_UTF8).write_bytes(make_png())

    ((line,), _err) = run("verify", tmp_path / NOT_UTF8, "--json", fails=None)

    assert (line["file"], line["verdict"]) == (str(tmp_path / "f\ufffd.png"), "none")
    assert line["file_base64"]
    run("verify", tmp_path / NOT_UTF8, fails=None)
    _lines, err = run("verify", tmp_path / os.fsdecode(b"\xfe.png"), fails="1 of 1")
    assert err.startswith(str(tmp_path / "\ufffd.png"))


def test_in_a_real_terminal_the_line_is_utf8_and_the_status_is_one(tmp_path: Path) -> None:
    """Standard output of a process is stricter than a buffer: half a character there would end it with a traceback."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONIOENCODING": "utf-8:strict"}
    missing = os.fsencode(tmp_path) + b"/f\xff.png"

    for arguments in (["--json"], []):
        done = subprocess.run(
            [os.fsencode(sys.executable), b"manage.py", b"verify", missing, *map(os.fsencode, arguments)],
            cwd=ROOT,
            env=env,
            capture_output=True,
            timeout=120,
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
        assert b"file_unreadable" in done.stdout + done.stderr
        assert b"CommandError: verification_failed: 1 of 1 files" in done.stderr
        done.stdout.decode()
