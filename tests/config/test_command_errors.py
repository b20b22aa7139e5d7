"""Every command fails in one way: ``code: sentence`` for people, ``error_code`` and ``error`` for scripts."""

import json
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, get_commands
from django.core.management.base import CommandParser, SystemCheckError
from django.db import OperationalError
from pytest_django.fixtures import Settings

from generation.errors import GenerationError
from similarity.errors import SimilarityError
from similarity.report_lines import CodedCommand, Stopped

OURS = {
    name: import_module(f"{app}.management.commands.{name}").Command
    for name, app in get_commands().items()
    if app.partition(".")[0] in ("config", "generation", "provenance", "similarity")
}
NOBODY = "00000000-0000-0000-0000-000000000000"
# What is asked for, and the code it must end with; none of it is there.
MISTAKES: dict[str, tuple[list[str], str]] = {
    "generate": (["a harbour", "--size", "12", "--out", "{tmp}"], "bad_size"),
    "verify": (["{tmp}/absent.png"], "verification_failed"),
    "audit": (["{tmp}", "--generator", "nobody"], "unknown_generator"),
    "audit-model": (["no-such-model", "--out", "{tmp}/out"], "unknown_model"),
    "replay": (["{tmp}/absent.json"], "file_unreadable"),
    "embed": (["{tmp}/absent", "--out", "{tmp}/vectors.npz"], "not_a_folder"),
    "export": ([NOBODY], "no_such_version"),
    "import_artworks": (["{tmp}/absent"], "not_a_folder"),
    "build_catalogue": (["{tmp}/absent", "--out", "{tmp}/catalogue.npz"], "collection_unreadable"),
    "load_catalogue": (["{tmp}/absent.npz"], "catalogue_not_found"),
    "calibrate": (["--draft", NOBODY], "no_such_calibration"),
    "fit_readout": (["{tmp}/absent", "--out", "{tmp}/out"], "collection_unreadable"),
    "rebuild_index": ([], "encoder_not_found"),
    "signers": ([], "signer_missing"),
    "remove_withdrawn": ([], "database_unavailable"),
}


def _run(name: str, *arguments: str) -> tuple[list[dict[str, Any]], CommandError]:
    """The lines of standard output, as JSON where that is asked for, and what ends the command."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(name, *arguments, stdout=out, stderr=StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()] if "--json" in arguments else [], caught.value


def test_all_commands_are_of_one_kind() -> None:
    assert {name for name, command in OURS.items() if not issubclass(command, CodedCommand)} == set()
    with_json = {name for name, command in OURS.items() if "--json" in command().create_parser("", name).format_help()}
    assert with_json == set(MISTAKES)


@pytest.mark.django_db
@pytest.mark.parametrize("name", MISTAKES)
def test_a_command_fails_by_a_code_and_a_sentence(
    name: str, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> None:
        raise OperationalError("database is locked")

    settings.SIGNER_CHAIN = settings.SIGNER_KEY = str(tmp_path / "absent.pem")
    if name == "rebuild_index":
        settings.ENCODER = f"local-dir:{tmp_path / 'absent'}"
    monkeypatch.setattr("provenance.artists.management.commands.remove_withdrawn.remove_withdrawn", locked)
    arguments, code = MISTAKES[name]
    arguments = [argument.format(tmp=tmp_path) for argument in arguments]

    lines, ended = _run(name, *arguments, "--json")
    _nothing, for_people = _run(name, *arguments)

    assert set(lines[-1]) == {"error_code", "error"}
    assert lines[-1]["error_code"] == code
    assert str(ended) == str(for_people) == f"{code}: {lines[-1]['error']}"
    assert lines[-1]["error"] not in ("", code)
    assert (ended.returncode, for_people.returncode) == (1, 1)


class Failing(CodedCommand):
    """Ends with the error it is given."""

    stealth_options = ("error",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write('{"file": "a.png"}')
        raise options["error"]


@pytest.mark.parametrize(
    ("error", "code", "sentence", "status"),
    [
        (SimilarityError("no_room", "No room.", note="/disk is full."), "no_room", "No room. /disk is full.", 1),
        (GenerationError("bad_size", "Too wide."), "bad_size", "Too wide.", 1),
        (Stopped("cancelled", "Stopped.", returncode=130), "cancelled", "Stopped.", 130),
        (ImproperlyConfigured("SIGNERS has no name."), "badly_configured", "SIGNERS has no name.", 1),
    ],
)
def test_answers_stand_and_the_last_line_says_what_went_wrong(
    error: Exception, code: str, sentence: str, status: int
) -> None:
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(Failing(), "--json", error=error, stdout=out)
    first, last = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first, last) == ({"file": "a.png"}, {"error_code": code, "error": sentence})
    assert (str(caught.value), caught.value.returncode) == (f"{code}: {sentence}", status)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("error", "code"), [(KeyError("x"), "internal_error"), (SystemCheckError("colophon.E001"), "checks_failed")]
)
def test_what_nobody_foresaw_keeps_its_trace_and_has_a_code(error: Exception, code: str) -> None:
    out = StringIO()
    with pytest.raises(type(error)) as caught:
        call_command(Failing(), "--json", error=error, stdout=out)
    assert caught.value is error
    assert json.loads(out.getvalue().splitlines()[-1])["error_code"] == code
