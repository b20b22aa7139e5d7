"""A private prompt, from the request to the page that shows it to one person."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from generation import blobs
from generation.models import Job
from generation.submit import submit
from provenance.credentials.commitment import commit
from provenance.credentials.development import issue
from provenance.credentials.facts import facts
from provenance.credentials.read import read
from provenance.ledger.models import Event
from provenance.marking.read import read as read_marks
from provenance.works.errors import WorkError
from provenance.works.models import PrivatePrompt, Reveal, Version
from provenance.works.receive import title_of
from provenance.works.reveal import commit_to, reveal, revoke, token_of
from provenance.works.seal import seal_version
from provenance.works.verify import verify
from tests.factories import make_job, make_passport, make_version, make_work

WORDS = "my secret recipe for a fox at dusk"
NEGATIVE = "secret dislikes"

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(tmp_path: Path, settings: Settings, creator: User) -> Version:
    """A version of a job with a private prompt, sealed by the real stage."""
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.TRUST_LIST = settings.TSA_URL = ""
    chain, key = issue()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    job = make_job(
        owner=creator,
        prompt=WORDS,
        negative_prompt=NEGATIVE,
        private_prompt=True,
        status=Job.Status.SUCCEEDED,
        passport=make_passport(),
        finished_at=timezone.now(),
    )
    work = make_work(owner=creator, job=job, title=title_of(job))
    version = make_version(work=work, status=Version.Status.AUDITED)
    assert seal_version(version.pk)
    version.refresh_from_db()
    assert version.status == Version.Status.PUBLISHED, version.error
    return version


def _data(version: Version) -> bytes:
    return blobs.get(version.blob)


def test_the_words_are_nowhere_in_the_file(published: Version) -> None:
    data = _data(published)
    told = facts(read(data).active)
    row = PrivatePrompt.objects.get(version=published)
    assert b"secret" not in data
    assert published.work.title == "Untitled"
    assert (told.prompt, told.negative_prompt) == ("", "")
    assert told.commitment == row.commitment
    assert commit(prompt=WORDS, negative_prompt=NEGATIVE, salt=bytes(row.salt)) == row.commitment
    assert not any("secret" in str(mark.as_dict()) for mark in read_marks(data))
    assert not any("secret" in json.dumps(event.payload) for event in Event.objects.all())
    assert bytes(row.salt).hex() not in json.dumps([event.payload for event in Event.objects.all()])


def test_sealing_twice_commits_once(published: Version) -> None:
    again = commit_to(published, prompt=WORDS, negative_prompt=NEGATIVE)
    assert [row.commitment for row in PrivatePrompt.objects.all()] == [again]


def test_the_recipient_sees_the_words_and_can_check_them(published: Version, creator: User) -> None:
    _row, token = reveal(published, recipient="Prof. Li", by=creator)
    assert "secret" not in token
    shown = verify(_data(published), token=token).revealed
    assert shown is not None
    assert (shown["standing"], shown["prompt"], shown["negative_prompt"]) == ("revealed", WORDS, NEGATIVE)
    assert shown["recipient"] == "Prof. Li"
    salt = bytes.fromhex(shown["salt"])
    assert commit(prompt=shown["prompt"], negative_prompt=shown["negative_prompt"], salt=salt) == shown["commitment"]
    assert shown["commitment"] == facts(read(_data(published)).active).commitment
    assert verify(_data(published)).revealed is None


def _refused(data: bytes, token: str) -> str:
    shown = verify(data, token=token).revealed
    assert shown is not None
    assert (shown["standing"], shown["prompt"], shown["salt"]) == ("refused", "", "")
    return str(shown["code"])


def test_leave_ends(published: Version, creator: User) -> None:
    row, token = reveal(published, recipient="Li", by=creator)
    data = _data(published)
    revoke(row, by=creator)
    revoke(row, by=creator)
    assert _refused(data, token) == "reveal_withdrawn"
    assert Event.objects.filter(kind="prompt.reveal_withdrawn").count() == 1
    late = Reveal.objects.create(version=published, recipient="Li", expires_at=timezone.now() - timedelta(seconds=1))
    assert _refused(data, token_of(late)) == "reveal_expired"


def test_erased_words_are_shown_to_nobody(published: Version, creator: User) -> None:
    _row, token = reveal(published, recipient="Li", by=creator)
    PrivatePrompt.objects.all().delete()
    assert _refused(_data(published), token) == "reveal_erased"


@pytest.mark.parametrize("token", ["x", "x" * 5000, "abc:def", "\0", "é" * 100])
def test_what_is_no_token_shows_nothing(published: Version, token: str) -> None:
    assert _refused(_data(published), token) == "reveal_unknown"


def test_a_token_cannot_be_made_to_say_otherwise(published: Version, creator: User) -> None:
    row, token = reveal(published, recipient="Li", by=creator)
    data = _data(published)
    body, _colon, signature = token.rpartition(":")
    assert _refused(data, f"{body[:-2]}AA:{signature}") == "reveal_unknown"
    Reveal.objects.filter(pk=row.pk).update(expires_at=timezone.now() + timedelta(days=300))
    assert _refused(data, token) == "reveal_unknown"


def test_a_changed_file_and_another_file_show_nothing(published: Version, creator: User) -> None:
    _row, token = reveal(published, recipient="Li", by=creator)
    changed = bytearray(_data(published))
    changed[-30] ^= 1
    assert _refused(bytes(changed), token) == "reveal_needs_intact_file"
    other = make_version(work=published.work, number=2, status=Version.Status.AUDITED)
    seal_version(other.pk)
    other.refresh_from_db()
    assert _refused(_data(other), token) == "reveal_of_another_file"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"recipient": " \u202e"}, "bad_recipient"),
        ({"recipient": "x" * 201}, "bad_recipient"),
        ({"recipient": "Li", "days": 0}, "bad_days"),
        ({"recipient": "Li", "days": 366}, "bad_days"),
    ],
)
def test_leave_is_for_somebody_and_for_a_time(
    published: Version, creator: User, given: dict[str, object], code: str
) -> None:
    with pytest.raises(WorkError) as caught:
        reveal(published, by=creator, **given)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert not Reveal.objects.exists()


def test_the_ledger_knows_that_but_not_to_whom(published: Version, creator: User) -> None:
    row, _token = reveal(published, recipient="Prof. Li", by=creator)
    event = Event.objects.get(kind="prompt.reveal")
    assert event.payload["reveal"] == str(row.pk)
    assert "Li" not in json.dumps(event.payload)


def test_by_api(published: Version, creator: User, stranger: User, api: APIClient) -> None:
    address = f"/api/v1/versions/{published.pk}/reveals/"
    assert api.post(address, {"recipient": "Li"}, format="json").status_code == 401
    api.force_authenticate(stranger)
    assert api.post(address, {"recipient": "Li"}, format="json").status_code == 404
    api.force_authenticate(creator)
    assert api.post(address, {"recipient": " "}, format="json").status_code == 400
    assert api.post(address, {"recipient": "Li", "days": 9999}, format="json").json()["code"] == "bad_days"
    made = api.post(address, {"recipient": "Li", "days": 3}, format="json")
    assert made.status_code == 201
    row = made.json()
    assert [it["id"] for it in api.get(address).json()["results"]] == [row["id"]]
    upload = SimpleUploadedFile("a.png", _data(published), "image/png")
    answer = APIClient().post("/api/v1/verify", {"image": upload, "token": row["token"]}, format="multipart")
    assert answer.json()["revealed"]["prompt"] == WORDS
    api.force_authenticate(stranger)
    assert api.get(address).json()["results"] == []
    assert api.delete(f"{address}{row['id']}/").status_code == 404
    api.force_authenticate(creator)
    assert api.delete(f"{address}{row['id']}/").status_code == 204
    assert Reveal.objects.get().revoked_at


def test_a_prompt_that_is_no_secret_cannot_be_revealed(creator: User, api: APIClient) -> None:
    version = make_version(work=make_work(owner=creator))
    api.force_authenticate(creator)
    answer = api.post(f"/api/v1/versions/{version.pk}/reveals/", {"recipient": "Li"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "prompt_not_private")


def test_by_page(published: Version, creator: User, stranger: User, client: Client) -> None:
    address = reverse("web:reveals", args=[published.pk])
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    client.force_login(creator)
    assert address in client.get(reverse("web:work", args=[published.work_id])).content.decode()
    assert client.post(address, {"recipient": "", "days": "7"}).status_code == 422
    assert client.post(address, {"recipient": "Prof. Li", "days": "7"}).status_code == 302
    row = Reveal.objects.get()
    assert token_of(row) in client.get(address).content.decode()
    upload = io.BytesIO(_data(published))
    upload.name = "a.png"
    page = Client().post(reverse("web:verify"), {"file": upload, "token": token_of(row)}).content.decode()
    assert WORDS in page
    assert "Revealed to Prof. Li" in page
    assert client.post(reverse("web:withdraw-reveal", args=[row.pk])).status_code == 302
    assert token_of(row) not in client.get(address).content.decode()


def test_by_command(published: Version, creator: User, tmp_path: Path) -> None:
    _row, token = reveal(published, recipient="Li", by=creator)
    file = tmp_path / "a.png"
    file.write_bytes(_data(published))
    out = io.StringIO()
    call_command("verify", str(file), "--reveal", token, stdout=out)
    assert WORDS in out.getvalue()


def test_privacy_is_asked_for_at_three_doors(creator: User, api: APIClient, client: Client) -> None:
    job, _new = submit(owner=creator, prompt="a secret", private_prompt=True, on_finish="")
    assert job.private_prompt
    api.force_authenticate(creator)
    answer = api.post("/api/v1/jobs/", {"prompt": "a secret", "private_prompt": True}, format="json")
    assert answer.json()["private_prompt"] is True
    assert api.post("/api/v1/jobs/", {"prompt": "told"}, format="json").json()["private_prompt"] is False
    client.force_login(creator)
    assert 'name="private_prompt"' in client.get(reverse("web:studio")).content.decode()
    client.post(
        reverse("web:studio"), {"prompt": "by form", "model": "colophon-mini", "count": 1, "private_prompt": "on"}
    )
    assert Job.objects.get(prompt="by form").private_prompt
