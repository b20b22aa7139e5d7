"""What a person takes away: complete, private to them, and checked where there is no Colophon."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from generation import blobs
from generation.models import Job
from provenance.credentials.development import create
from provenance.ledger.append import append
from provenance.ledger.erase import erase_person
from provenance.ledger.models import Event, PersonalValue
from provenance.ledger.verify import verify_ledger
from provenance.review.decide import decide
from provenance.works.editing.sittings import abandon, begin
from provenance.works.models import Version, Work
from provenance.works.receive import receive
from provenance.works.seal import seal_version
from provenance.works.story_export import export_story
from similarity.models import Audit
from tests import factories
from tests.provenance.ledger.ledgers import unzip, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(creator: User, reviewer: User, settings: Settings, tmp_path: Path) -> Work:
    """Asked for, rendered, sealed, held, and published by a reviewer; and a work that has nothing to do with it."""
    settings.LEDGER_KEY = str(tmp_path / "keys" / "ledger.pem")
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()
    made = []
    for _ in range(2):
        job = factories.make_job(owner=creator, status=Job.Status.SUCCEEDED, passport=factories.make_passport())
        factories.make_output(job=job)
        received = receive(job.pk)
        assert received is not None
        made.append(received)
    version = made[0].versions.get()
    audit = factories.make_audit(outcome=Audit.Outcome.COPY)
    Version.objects.filter(pk=version.pk).update(audit=audit, status=Version.Status.AUDITED)
    assert seal_version(version.pk)
    version.refresh_from_db()
    decide(case=version.case, reviewer=reviewer, ruling="publish", reason="A quotation.")
    return made[0]


def run_alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script as on a machine without Colophon: isolated, with nothing importable but cryptography."""
    import _cffi_backend  # type: ignore[import-untyped]
    import cryptography

    only = folder / "only"
    only.mkdir(exist_ok=True)
    for source in (Path(cryptography.__file__).parent, Path(_cffi_backend.__file__)):
        link = only / source.name
        if not link.exists():
            link.symlink_to(source)
    code = (
        f"import sys; sys.path.append({str(only)!r}); import runpy; sys.argv = ['verify.py', *sys.argv[1:]];"
        f"runpy.run_path({str(folder / 'verify.py')!r}, run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"LANG": "C.UTF-8"},
    )


def unpack(data: bytes, folder: Path) -> dict[str, bytes]:
    parts = unzip(data)
    for name, content in parts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return parts


def test_an_export_verifies_on_a_machine_without_colophon(work: Work, creator: User, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    unpack(export_story(work, asker=creator), folder)
    version = work.versions.get()
    picture = tmp_path / "picture.png"
    picture.write_bytes(blobs.get(version.blob))

    done = run_alone(folder, ".", "--file", str(picture))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"is the file of version {version.pk}" in done.stdout
    assert done.stdout.endswith("Everything holds.\n")

    picture.write_bytes(picture.read_bytes() + b"\0")
    assert run_alone(folder, ".", "--file", str(picture)).returncode == 1

    events = folder / "events.jsonl"
    events.write_bytes(events.read_bytes().replace(b'"version.', b'"Version.', 1))
    done = run_alone(folder, ".")
    assert done.returncode == 1
    assert "DOES NOT HOLD" in done.stdout
    (folder / "export.json").write_text("garbage")
    done = run_alone(folder, ".")
    assert (done.returncode, done.stderr) == (2, "")


def test_it_holds_this_work_and_no_other(work: Work, creator: User) -> None:
    parts = unzip(export_story(work, asker=creator))
    events = [json.loads(line)["event"] for line in parts["events.jsonl"].splitlines()]
    kinds = [event["kind"] for event in events]
    assert kinds == ["job.requested", "job.succeeded", "version.sealed", "version.held", "case.publish"]
    other = str(Work.objects.exclude(pk=work.pk).get().pk)
    assert other not in str(parts)
    index = json.loads(parts["export.json"])
    version = work.versions.get()
    assert index["files"] == [
        {"version": str(version.pk), "number": 1, "sha256": version.sha256, "media_type": "image/png"}
    ]
    assert hashlib.sha256(blobs.get(version.blob)).hexdigest() == version.sha256


def test_sittings_belong_to_it_and_those_of_other_works_do_not(work: Work, creator: User) -> None:
    other = factories.make_version(work=factories.make_work(owner=creator))
    sittings = [begin(parent=parent, owner=creator)[0] for parent in (work.versions.get(), other)]
    for sitting in sittings:
        abandon(sitting, revision=0)
    parts = unzip(export_story(work, asker=creator))
    events = [json.loads(line)["event"] for line in parts["events.jsonl"].splitlines()]
    assert [event["subject"] for event in events if event["kind"] == "sitting.abandoned"] == [str(sittings[0].pk)]


def test_the_owner_learns_what_they_know_already_and_not_who_decided(work: Work, creator: User) -> None:
    parts = unzip(export_story(work, asker=creator))
    disclosed = [json.loads(line) for line in parts["disclosures.jsonl"].splitlines()]
    assert {(item["name"], item["value"]) for item in disclosed} == {
        ("actor", "ada"),
        ("prompt", "a harbour at sunset"),
        ("negative_prompt", ""),
        ("reason", "A quotation."),
    }
    assert b"rita" not in b"".join(parts.values())


def test_to_others_nothing_personal_is_disclosed(work: Work, reviewer: User) -> None:
    parts = unzip(export_story(work, asker=reviewer))
    assert parts["disclosures.jsonl"] == b""
    assert b"harbour" not in parts["events.jsonl"] + parts["export.json"]


def test_a_disclosed_value_that_was_changed_is_found(work: Work, creator: User, tmp_path: Path) -> None:
    from provenance.ledger.offline_verifier import Check

    parts = unzip(export_story(work, asker=creator))
    assert Check(parts).problems == []
    forged = parts["disclosures.jsonl"].replace(b"A quotation.", b"A forgery.")
    (problem,) = Check({**parts, "disclosures.jsonl": forged}).problems
    assert "is not the one committed to" in problem


def test_that_it_was_taken_is_itself_told(work: Work, creator: User) -> None:
    export_story(work, asker=creator)
    event = Event.objects.latest("sequence")
    assert (event.kind, event.subject) == ("ledger.exported", str(work.pk))
    assert event.personal.get().value == "ada"


def test_the_page_is_for_the_owner_and_for_reviewers(
    work: Work, client: Client, creator: User, stranger: User, reviewer: User
) -> None:
    address = f"/works/{work.pk}/ledger.zip"
    assert client.get(address).status_code == 302
    for user, status in ((stranger, 404), (creator, 200), (reviewer, 200)):
        client.force_login(user)
        assert client.get(address).status_code == status
    response = client.get(address)
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/zip", "private, no-store")
    assert f"ledger-{work.pk}.zip" in response["Content-Disposition"]
    assert "verify.py" in unzip(response.content)
    client.force_login(creator)
    page = client.get(f"/works/{work.pk}/").content.decode()
    assert address in page


def test_the_api_gives_the_same(work: Work, api: APIClient, creator: User, stranger: User) -> None:
    address = f"/api/v1/works/{work.pk}/ledger.zip"
    assert api.get(address).status_code == 401
    api.force_authenticate(stranger)
    assert api.get(address).json()["code"] == "not_found"
    api.force_authenticate(creator)
    response = api.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    assert "verify.py" in unzip(response.content)


def test_the_admin_names_who_did_it_until_they_are_erased(work: Work, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="x"))
    headers = {"Accept-Language": "en"}
    assert ">ada<" in client.get("/admin/ledger/event/?q=ada", headers=headers).content.decode()
    erase_person("ada")
    assert ">erased<" in client.get("/admin/ledger/event/", headers=headers).content.decode()


def test_the_whole_ledger_from_the_command_line(work: Work, tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    call_command("ledger", "export", "--all", "--out", out)
    folder = tmp_path / "alone"
    folder.mkdir()
    unpack(out.read_bytes(), folder)
    assert run_alone(folder, str(out)).returncode == 0
    event = Event.objects.latest("sequence")
    assert (event.kind, event.subject, event.actor) == ("ledger.exported", "ledger", "")
    assert event.payload == {"bytes": out.stat().st_size}
    call_command("ledger", "export", "--all", "--out", out)
    assert Event.objects.filter(kind="ledger.exported", subject="ledger").count() == 2
    parts = unzip(out.read_bytes())
    assert b'"ledger.exported"' in parts["events.jsonl"]
    assert verify_ledger().breaks == []
    lines = parts["events.jsonl"].splitlines(keepends=True)
    out.write_bytes(zipped({**parts, "events.jsonl": b"".join(lines[:-1])}))
    assert run_alone(folder, str(out)).returncode == 1


@pytest.mark.usefixtures("guarded")
def test_the_command_line(work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.zip"
    call_command("ledger", "export", "--work", str(work.pk), "--out", kept)
    call_command("ledger", "verify", "--against", kept)
    assert "unbroken" in capsys.readouterr().out
    call_command("ledger", "checkpoint")
    assert f"{Event.objects.count()} events, root" in capsys.readouterr().out
    for bad in ("no-uuid", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(CommandError, match="no work"):
            call_command("ledger", "export", "--work", bad, "--out", kept)
    (tmp_path / "garbage.zip").write_bytes(b"garbage")
    with pytest.raises(CommandError, match="export_unreadable"):
        call_command("ledger", "verify", "--against", tmp_path / "garbage.zip")
    with pytest.raises(CommandError, match="No such file"):
        call_command("ledger", "verify", "--key", tmp_path / "missing.pem")


def test_forgetting_a_person_leaves_the_chain_whole(
    work: Work, creator: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(creator)
    before = PersonalValue.objects.filter(person=creator).count()
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("ledger", "erase-person", "ada")
    assert PersonalValue.objects.filter(person=creator).count() == before
    call_command("ledger", "erase-person", "ada", "--yes")

    assert PersonalValue.objects.filter(person=creator).count() == 0
    creator.refresh_from_db()
    assert creator.username.startswith("erased-")
    assert (creator.email, creator.is_active, creator.has_usable_password()) == ("", False, False)
    assert client.get("/account/").status_code == 302
    report = verify_ledger()
    assert (report.breaks, report.erased) == ([], before)
    assert work.versions.get().status == Version.Status.PUBLISHED
    assert PersonalValue.objects.filter(name="reason").count() == 1
    with pytest.raises(CommandError, match="no_such_person"):
        call_command("ledger", "erase-person", "ada", "--yes")
    data = unzip(export_story(work, asker=None))
    assert b'"ada"' not in b"".join(data.values())


def test_erasing_nobody_changes_nothing(creator: User) -> None:
    from provenance.ledger.errors import LedgerError

    with pytest.raises(LedgerError) as refused:
        erase_person("zoe")
    assert refused.value.code == "no_such_person"
    assert User.objects.get().username == "ada"


def test_what_lies_under_a_name_alone_is_erased_too(creator: User) -> None:
    """Given an event from before the account was known here, then its words go with the name."""
    append(key="a", kind="x", subject="s", payload={}, actor="ada", personal={"reason": "mine"})
    append(key="b", kind="x", subject="s", payload={}, actor="ben", personal={"reason": "his"})
    PersonalValue.objects.update(person=None)
    assert erase_person("ada").values == 2
    assert set(PersonalValue.objects.values_list("value", flat=True)) == {"ben", "his"}
