"""A report says what comes out when it is computed again, by anybody, in a process of its own."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from provenance.reports.errors import ReportError
from provenance.reports.make import record_of
from provenance.reports.management.commands.replay import WHY_NOT
from provenance.reports.sign import read, signed
from similarity import judge as judge_module
from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Artist, Audit, Calibration, Reference
from similarity.pictures import decode
from similarity.replay import Why, replay
from tests.provenance.reports.conftest import PICTURE, enrol_works

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def document(audit: Audit) -> str:
    return signed(record_of(audit, PICTURE))


def test_a_report_is_confirmed(document: str) -> None:
    read_back = read(document.encode())

    assert (read_back.flaw, read_back.known) == ("", True)
    assert replay(read_back.record).differences == []
    assert replay(read_back.record, picture=decode(PICTURE)).differences == []


def test_the_same_audit_gives_the_same_record(audit: Audit) -> None:
    one, other = record_of(audit, PICTURE), record_of(audit, PICTURE)

    assert {**one, "made_at": ""} == {**other, "made_at": ""}
    assert [row["kind"] for row in one["ablations"]] == ["as_it_is", "grey", "shuffled", "blurred"]
    assert (len(one["occlusion"]["drops"]), len(one["occlusion"]["drops"][0])) == (6, 7)


@pytest.mark.parametrize("old", ['"format"', '"STYLE', '"Ada Lovelace"', '"p_value"', "0.0", "-----BEGIN", '"value"'])
def test_a_changed_byte_is_no_longer_what_was_signed(document: str, old: str) -> None:
    place = document.upper().find(old.upper()) + 1
    changed = document[:place] + ("x" if document[place] != "x" else "y") + document[place + 1 :]

    assert _flaw(changed)


def _flaw(document: str) -> str:
    try:
        return read(document.encode()).flaw
    except ReportError as error:
        return error.code


def test_every_byte_counts_even_a_blank(document: str) -> None:
    assert read((document + " ").encode()).flaw == "altered"
    assert read(document.replace('": ', '":  ', 1).encode()).flaw == "altered"


def _tampered(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed: Any = json.loads(json.dumps(record))
    *way, last = path.split(".")
    place = changed
    for name in way:
        place = place[int(name)] if name.isdigit() else place[name]
    place[int(last) if last.isdigit() else last] = value
    return dict(changed)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("decision.p_value", 0.5, "decision.p_value"),
        ("decision.threshold", 9.0, "decision.threshold"),
        ("decision.lr.log10", 3.0, "decision.lr"),
        ("decision.guarantee", "confident", "decision.guarantee"),
        ("decision.domain", "generated:ab", "decision.domain"),
        ("decision.too_few", 0.9, "decision.too_few"),
        ("decision.unjudged.artists", 24, "decision.unjudged.artists"),
        ("outcome", "no_known_artist", "outcome"),
        ("outcome", "copy", "outcome"),
        ("artist.slug", "artist-05", "artist"),
        ("compared.works", 99, "compared.works"),
        ("nearest_works.0.raw", 0.1, "nearest_works[0].raw"),
        ("nearest_works.7.content", 0.1, "nearest_works[7].content"),
        ("nearest_works", [], "nearest_works"),
        ("calibration.figures.recall", 1.0, "calibration.figures.recall"),
        ("question.domain", "generated:ab", "question.domain"),
        ("hashes.weights", "ab" * 32, "hashes.weights"),
        ("image.width", 9, "image.width"),
        ("artists.0.normalised", 0.0, "artists[0].normalised"),
        ("distribution.background.0", 99, "distribution.background[0]"),
        ("ablations.1.score", 0.9, "ablations[1].score"),
        ("occlusion.drops.2.3", 0.9, "occlusion.drops[2][3]"),
    ],
)
def test_tampered_numbers_are_found_even_when_they_were_signed(audit: Audit, path: str, value: Any, found: str) -> None:
    document = signed(_tampered(record_of(audit, PICTURE), path, value))
    read_back = read(document.encode())
    assert read_back.flaw == ""

    assert found in {each.what for each in replay(read_back.record, picture=decode(PICTURE)).differences}


def test_what_cannot_be_compared_is_refused(audit: Audit) -> None:
    record = record_of(audit, b"")

    for path, code in (
        ("hashes.encoder", "encoder_differs"),
        ("hashes.calibration", "calibration_differs"),
        ("hashes.cohort", "cohort_differs"),
    ):
        with pytest.raises(SimilarityError) as refused:
            replay(_tampered(record, path, "f" * 64))
        assert refused.value.code == code


def test_a_cohort_that_lost_a_work_is_another(audit: Audit) -> None:
    from similarity.enrol import withdraw

    record = record_of(audit, b"")
    withdraw(Reference.objects.filter(artist__slug="artist-05", title="Work 3"))

    with pytest.raises(SimilarityError) as refused:
        replay(record)
    assert refused.value.code == "cohort_differs"


def test_an_artist_who_was_renamed_is_the_same(audit: Audit) -> None:
    record = record_of(audit, b"")
    Artist.objects.filter(slug="the-one").update(name="Countess of Lovelace")
    judge_module._open.clear()

    assert replay(record).differences == []
    record_of(audit, b"")


def test_a_retired_calibration_still_replays(audit: Audit, calibration: Calibration) -> None:
    record = record_of(audit, b"")
    Calibration.objects.filter(pk=calibration.pk).update(state=Calibration.State.RETIRED)

    assert replay(record).differences == []


def test_an_audit_without_a_calibration_is_compared_by_its_scores(collection: object) -> None:
    from similarity.audit import audit_image

    audit = audit_image(PICTURE)
    audit.save()
    assert audit.outcome == Audit.Outcome.NOT_CALIBRATED
    record = record_of(audit, PICTURE)

    assert replay(record, picture=decode(PICTURE)).differences == []
    for path, value, found in (
        ("artists.0.raw", 0.1, "artists[0].raw"),
        ("decision.statistic", 0.1, "decision.statistic"),
        ("decision.runner_up.slug", "artist-05", "decision.runner_up"),
        ("outcome", "no_known_artist", "outcome"),
    ):
        assert [each.what for each in replay(_tampered(record, path, value)).differences] == [found]


def test_every_part_is_compared_or_told_as_not_compared(audit: Audit) -> None:
    for picture in (PICTURE, b""):
        record = record_of(audit, picture)
        found = replay(record, picture=decode(picture) if picture else None)

        parts = {part.partition(".")[0] for part in [*found.compared, *(each.what for each in found.left_out)]}
        empty = {name for name in ("ablations", "occlusion") if not record[name]}
        assert parts == record.keys() - empty - {"replay"}
        assert ("copy" in found.compared) == bool(picture)


def test_the_command_says_what_was_compared(document: str, tmp_path: Path) -> None:
    file, picture = tmp_path / "report.json", tmp_path / "picture.png"
    file.write_text(document)
    picture.write_bytes(PICTURE)
    said, told = StringIO(), StringIO()

    call_command("replay", str(file), stdout=said)
    call_command("replay", str(file), image=picture, json=True, stdout=told)

    lines = said.getvalue().splitlines()
    assert lines[0].startswith("Compared: signature, decision, outcome, artist, ")
    takes_picture = "Not compared, for which it takes the picture (--image): image, vector, ablations, occlusion, copy."
    assert lines[1] == takes_picture
    assert lines[2].startswith("Not compared, being what was told or noted, with nothing to compute it from: audit, ")
    assert lines[3].startswith("Confirmed: computed again from the vector in it, what was compared is the same. ")
    assert len(lines) == 4
    answer = json.loads(told.getvalue())
    assert {"signature", "copy", "vector", "ablations", "nearest_works"} <= set(answer["compared"])
    assert {"what": "facts", "why": "told"} in answer["not_compared"]
    assert {each["why"] for each in answer["not_compared"]} == {"told"}


def test_every_reason_has_words() -> None:
    assert set(WHY_NOT) == set(Why)


def test_the_command_says_what_differs(document: str, audit: Audit, tmp_path: Path) -> None:
    file, changed = tmp_path / "report.json", tmp_path / "changed.json"
    file.write_text(document)
    changed.write_text(document.replace('"outcome": "style_match"', '"outcome": "no_known_artist"'))

    call_command("replay", str(file))
    with pytest.raises(CommandError, match="not confirmed"):
        call_command("replay", str(changed))
    with pytest.raises(CommandError, match="report_unreadable"):
        call_command("replay", str(ROOT / "manage.py"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fresh_process_confirms_it(document: str, collection: Encoder, tmp_path: Path) -> None:
    """Given a report, its picture and works enrolled since, when a process that knows nothing of this one replays it,
    all is the same."""
    if django_settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        pytest.skip("the test database is handed over as a file")
    from django.db import connection

    enrol_works(collection, "few-since", 3)
    enrol_works(collection, "the-one", 1, spread=0.1)
    copy, report, picture = tmp_path / "copy.sqlite3", tmp_path / "report.json", tmp_path / "picture.png"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    report.write_text(document)
    picture.write_bytes(PICTURE)
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{copy}",
        "COLOPHON_DATA_DIR": str(tmp_path / "data"),
        "COLOPHON_ENCODER": django_settings.ENCODER,
        "COLOPHON_LEDGER_KEY": str(django_settings.LEDGER_KEY),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    def run(file: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "replay", str(file), "--image", str(picture), "--json"]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    done = run(report)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["confirmed"], answer["from_pixels"], answer["differences"]) == (True, True, [])
    assert {"decision", "copy", "nearest_works", "occlusion"} <= set(answer["compared"])
    assert {each["why"] for each in answer["not_compared"]} == {"told"}

    record = read(document.encode()).record
    report.write_text(signed(_tampered(record, "decision.statistic", 0.123)))
    done = run(report)
    assert done.returncode == 1
    found, last = (json.loads(line) for line in done.stdout.splitlines())
    assert [each["what"] for each in found["differences"]] == ["decision.statistic"]
    assert last["error_code"] == "not_confirmed"
