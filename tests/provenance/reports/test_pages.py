"""A report from asking to reading: who may, what is shown on the way, and what is left behind."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from generation.stored_files import used_by
from provenance.reports import ask as asking
from provenance.reports import make as making
from provenance.reports.ask import ask, tidy
from provenance.reports.errors import ReportError
from provenance.reports.make import make_report
from provenance.reports.models import Report
from provenance.reports.sign import read, signed
from provenance.reports.tasks import sweep
from provenance.works.models import Version
from similarity.errors import SimilarityError
from similarity.models import Audit
from tests import factories
from tests.provenance.reports.conftest import PICTURE
from tests.provenance.reports.records import make_record
from tests.provenance.web.html import Page

pytestmark = pytest.mark.django_db


def address(audit: Audit, suffix: str = "/") -> str:
    return f"/audits/{audit.pk}/report{suffix}"


@pytest.fixture
def owned(creator: User) -> Audit:
    """Somebody's audit of an upload, of which no picture was kept."""
    return factories.make_audit(
        owner=creator, outcome=Audit.Outcome.STYLE_MATCH, image_sha256=hashlib.sha256(PICTURE).hexdigest()
    )


@pytest.fixture
def ready(owned: Audit) -> Report:
    return Report.objects.create(
        audit=owned, status=Report.Status.READY, document=signed(make_record()), with_picture=True
    )


def test_only_those_who_may_see_the_audit_see_its_report(
    client: Client, ready: Report, creator: User, stranger: User, reviewer: User
) -> None:
    files = (".json", ".html", ".pdf")
    for suffix in ("/", *files):
        assert client.get(address(ready.audit, suffix)).status_code == 302
    client.force_login(stranger)
    for suffix in ("/", *files):
        assert client.get(address(ready.audit, suffix)).status_code == 404
    assert client.post(address(ready.audit)).status_code == 404
    for user in (creator, reviewer):
        client.force_login(user)
        for suffix in ("/", *files):
            assert client.get(address(ready.audit, suffix)).status_code == 200
    assert Report.objects.count() == 1


def test_the_page_is_whole(client: Client, ready: Report, creator: User) -> None:
    client.force_login(creator)
    page = Page(client.get(address(ready.audit)).content.decode())

    assert page.problems == []
    assert "It resembles the works of Claude Monet unusually closely." in page.text
    assert "wrongly reports a resemblance for no more than 5" in page.text
    assert [tag for tag, _attributes in page.tags if tag == "h1"] == ["h1"]


@pytest.mark.parametrize("status", [Version.Status.HELD, Version.Status.REFUSED])
def test_a_picture_that_is_not_published_is_shown_to_reviewers_only(
    client: Client, api: APIClient, ready: Report, creator: User, reviewer: User, status: str
) -> None:
    version = factories.make_version(work=factories.make_work(owner=creator), status=status, audit=ready.audit)
    kept = read(ready.document.encode()).record

    def taken(user: User) -> dict[str, bytes]:
        client.force_login(user)
        api.force_authenticate(user)
        files = {suffix: client.get(address(ready.audit, suffix)).content for suffix in ("/", ".json", ".html", ".pdf")}
        return {**files, "api": api.get(f"/api/v1/reports/{ready.pk}/document/").content}

    def showing_it(files: dict[str, bytes]) -> set[str]:
        small = kept["image"]["thumbnail"].encode()
        return {name for name, data in files.items() if small in data or b"/Subtype /Image" in data}

    auditor = User.objects.create_user("auditor")
    auditor.user_permissions.add(Permission.objects.get(codename="view_audit"))
    own, reviewed = taken(creator), taken(reviewer)
    assert showing_it(taken(auditor)) == set()
    assert showing_it(own) == set()
    assert showing_it(reviewed) == set(own)
    assert Page(own["/"].decode()).problems == []
    for page in (own["/"], own[".html"]):
        assert b"The picture is not shown here, because it is not published." in page
        assert b"No picture was kept" not in page
    for document in (own[".json"], own["api"]):
        told = read(document)
        assert told.flaw == ""
        assert told.record["image"] == {**kept["image"], "thumbnail": "", "thumbnail_size": None, "withheld": True}
        assert {**told.record, "image": kept["image"]} == kept
    assert reviewed[".json"].decode() == reviewed["api"].decode() == ready.document

    Version.objects.filter(pk=version.pk).update(status=Version.Status.PUBLISHED)
    published = taken(creator)
    assert showing_it(published) == set(published)
    assert showing_it(taken(auditor)) == set(published) - {"api"}  # which is its owner's and reviewers'
    assert published[".json"].decode() == ready.document


def test_the_files_are_what_was_signed(client: Client, ready: Report, creator: User) -> None:
    client.force_login(creator)
    answer: Any = client.get(address(ready.audit, ".json"))

    assert answer.content.decode() == ready.document
    assert read(answer.content).flaw == ""
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/json; charset=utf-8", "nosniff")
    assert "attachment" in answer["Content-Disposition"]
    pdf: Any = client.get(address(ready.audit, ".pdf"))
    assert pdf.content.startswith(b"%PDF")


def test_asking_rings_and_never_makes_it_in_the_request(
    client: Client,
    owned: Audit,
    creator: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_arguments: object) -> bool:
        raise AssertionError("made in the request")

    monkeypatch.setattr(making, "make_report", never)
    client.force_login(creator)
    assert "Send the same file again" in client.get(address(owned)).content.decode()

    with django_capture_on_commit_callbacks() as rung:
        answer = client.post(address(owned))
        client.post(address(owned))

    assert (answer.status_code, len(rung)) == (302, 1)
    row = Report.objects.get()
    assert (row.status, row.picture) == (Report.Status.WAITING, "")
    assert "Waiting for its turn" in client.get(address(owned)).content.decode()


def test_progress_is_shown_and_the_page_renews_itself(client: Client, owned: Audit, creator: User) -> None:
    row = Report.objects.create(audit=owned, done=12, looks=70)
    client.force_login(creator)

    polled = client.get(address(owned), headers={"HX-Request": "true"})
    assert '<progress max="70" value="12"' in polled.content.decode()
    same = client.get(address(owned), {"seen": "12"}, headers={"HX-Request": "true"})
    assert same.status_code == 204
    assert "HX-Refresh" not in same
    Report.objects.filter(pk=row.pk).update(status=Report.Status.READY, document=signed(make_record()))
    done = client.get(address(owned), {"seen": "12"}, headers={"HX-Request": "true"})
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")


def test_another_file_is_refused_and_not_kept(client: Client, owned: Audit, creator: User) -> None:
    client.force_login(creator)
    other = SimpleUploadedFile("other.png", factories.make_png(), content_type="image/png")

    answer = client.post(address(owned), {"picture": other})

    assert answer.status_code == 400
    assert "not the file that was audited" in answer.content.decode()
    assert Report.objects.count() == 0


def test_a_picture_that_was_sent_is_gone_when_the_report_is_made(owned: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ask(owned, picture=PICTURE)
    assert default_storage.exists(row.picture)
    given: list[bytes] = []

    def recorded(_audit: Audit, picture: bytes, **_options: object) -> dict[str, Any]:
        given.append(picture)
        return make_record()

    monkeypatch.setattr(making, "record_of", recorded)
    assert make_report(row.pk)

    assert given == [PICTURE]
    assert not default_storage.exists(row.picture)
    row.refresh_from_db()
    assert (row.status, row.with_picture, row.picture) == (Report.Status.READY, True, "")
    assert read(row.document.encode()).flaw == ""
    assert not make_report(row.pk)


def test_a_report_without_the_picture_can_be_made_again_with_it(ready: Report) -> None:
    assert ask(ready.audit) == ready
    Report.objects.update(with_picture=False)
    assert ask(ready.audit) == ready
    again = ask(ready.audit, picture=PICTURE)
    assert again != ready
    assert ask(ready.audit) == again


def test_what_cannot_be_made_ends_with_its_code(owned: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    def outdated(*_arguments: object, **_options: object) -> dict[str, Any]:
        raise SimilarityError("audit_outdated", "Audit the picture again.")

    monkeypatch.setattr(making, "record_of", outdated)
    row = ask(owned)
    assert make_report(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error_code) == (Report.Status.FAILED, "audit_outdated")
    assert ask(owned) != row


def test_what_may_pass_is_tried_again_and_then_given_up(
    owned: Audit, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: object, **_options: object) -> dict[str, Any]:
        raise SimilarityError("index_unwritable", "No room.", permanent=False)

    monkeypatch.setattr(making, "record_of", busy)
    settings.MAX_ATTEMPTS = 2
    row = ask(owned)
    assert [make_report(row.pk), make_report(row.pk)] == [False, False]  # the second time it waits
    Report.objects.update(lease_until=None)
    assert make_report(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error_code, row.error) == (Report.Status.FAILED, "index_unwritable", "No room.")

    another = Report.objects.create(audit=owned, attempts=2)
    assert make_report(another.pk)
    another.refresh_from_db()
    assert (another.status, another.error_code) == (Report.Status.FAILED, "gave_up")


def test_an_audit_that_failed_has_no_report(client: Client, creator: User) -> None:
    audit = factories.make_audit(owner=creator, outcome=Audit.Outcome.FAILED, error="No encoder.", error_code="x")
    with pytest.raises(ReportError) as refused:
        ask(audit)
    assert refused.value.code == "nothing_to_report"
    client.force_login(creator)
    assert "There is nothing to report" in client.get(address(audit)).content.decode()


def test_asking_rings_the_task_and_the_sweep_rings_again(
    owned: Audit,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from provenance.reports.tasks import make

    rung: list[str] = []
    monkeypatch.setattr(make, "apply_async", lambda args, **_options: rung.append(args[0]))
    with django_capture_on_commit_callbacks(execute=True):
        row = ask(owned)
    assert rung == [str(row.pk)]
    sweep()
    assert rung == [str(row.pk)] * 2


def test_a_versions_picture_is_at_hand(
    client: Client,
    creator: User,
    calibration: object,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Given a version on its way, when its owner asks for the report, then it is made with its picture."""
    from similarity.audit import audit_image

    audit = audit_image(PICTURE)
    audit.owner_id = creator.pk
    audit.save()
    factories.make_version(work=factories.make_work(owner=creator), data=PICTURE, audit=audit)
    client.force_login(creator)
    assert "Make the report" in client.get(address(audit)).content.decode()
    client.post(address(audit))
    row = Report.objects.get()

    assert make_report(row.pk)

    row.refresh_from_db()
    assert (row.status, row.with_picture, row.error) == (Report.Status.READY, True, "")
    assert row.done == row.looks > 60
    page = client.get(address(audit)).content.decode()
    assert "It resembles the works of Ada Lovelace unusually closely." in page
    assert "What the resemblance rests on" in page
    assert Page(page).problems == []


def test_programs_ask_watch_and_take_the_document(
    api: APIClient, owned: Audit, creator: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "record_of", lambda *_arguments, **_options: make_record())
    api.force_authenticate(creator)
    picture = SimpleUploadedFile("x.png", PICTURE, content_type="image/png")

    asked = api.post("/api/v1/reports/", {"audit": str(owned.pk), "image": picture}, format="multipart")
    assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
    where = f"/api/v1/reports/{asked.json()['id']}/"
    assert api.get(f"{where}document/").status_code == 404
    assert make_report(Report.objects.get().pk)

    assert api.get(where).json()["status"] == "ready"
    document = api.get(f"{where}document/")
    assert read(document.content).flaw == ""
    assert api.post("/api/v1/reports/", {"audit": str(owned.pk)}, format="json").status_code == 200
    api.force_authenticate(stranger)
    assert api.get(where).status_code == 404
    assert api.get(f"{where}document/").status_code == 404
    refused = api.post("/api/v1/reports/", {"audit": str(owned.pk)}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_audit")
    assert Report.objects.count() == 1


def test_programs_are_told_of_another_file(api: APIClient, owned: Audit, creator: User) -> None:
    api.force_authenticate(creator)
    other = SimpleUploadedFile("x.png", factories.make_png(), content_type="image/png")
    refused = api.post("/api/v1/reports/", {"audit": str(owned.pk), "image": other}, format="multipart")
    assert (refused.status_code, refused.json()["code"]) == (400, "other_picture")
    assert [entry["field"] for entry in refused.json()["errors"]] == ["image"]
    assert Report.objects.count() == 0


def test_pictures_that_a_dead_process_left_are_removed(owned: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ask(owned, picture=PICTURE)
    left = default_storage.save("waiting/left-behind", ContentFile(PICTURE))
    assert tidy() == 0
    assert default_storage.exists(left)

    monkeypatch.setattr(asking, "LEFT_BEHIND", timedelta(0))
    tidy()

    assert not default_storage.exists(left)
    assert default_storage.exists(row.picture)


def test_two_who_ask_at_once_get_the_report_of_the_faster(owned: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that it is even made by the time the slower one is refused, then that one is answered with it."""
    made = Report.objects.create(audit=owned, status=Report.Status.READY)
    seen = iter([None, made])

    def refused(*_args: object, **_options: object) -> None:
        raise IntegrityError("one_report_under_way")

    monkeypatch.setattr(asking, "newest", lambda _audit: next(seen))
    monkeypatch.setattr(Report, "save", refused)

    assert ask(owned) == made
    assert Report.objects.count() == 1


def test_a_file_that_waits_for_a_report_counts_until_it_is_made(owned: Audit, creator: User, settings: Any) -> None:
    settings.ACCOUNT_BYTES = len(PICTURE) - 1
    with pytest.raises(ReportError) as refused:
        ask(owned, picture=PICTURE)
    assert (refused.value.code, Report.objects.count(), used_by(creator.pk)) == ("storage_full", 0, 0)
    settings.ACCOUNT_BYTES = len(PICTURE)
    report = ask(owned, picture=PICTURE)
    assert used_by(creator.pk) == len(PICTURE)
    asking.drop(report.picture)
    assert (used_by(creator.pk), default_storage.exists(report.picture)) == (0, False)
