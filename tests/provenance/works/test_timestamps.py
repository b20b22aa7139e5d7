"""A file signed while the time-stamping authority was away gets its time later, and both files stay ours."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from pytest_django import Settings

from generation import blobs
from provenance.credentials import timestamp
from provenance.credentials.development import issue
from provenance.credentials.errors import CredentialError
from provenance.credentials.facts import facts
from provenance.credentials.read import read
from provenance.credentials.sign import stamp
from provenance.ledger.models import Event
from provenance.works import timestamps as module
from provenance.works.export import export
from provenance.works.models import Credential, EarlierFile, Export, Version
from provenance.works.seal import seal_version
from provenance.works.timestamps import Round, add_timestamp, add_timestamps
from provenance.works.verify import verify
from provenance.works.wish import Wish
from tests.factories import make_version, make_work
from tests.provenance.credentials.tsa import TimeStamper, time_stamper

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed"),
]


@pytest.fixture
def tsa(tmp_path: Path, settings: Settings) -> Iterator[TimeStamper]:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.TRUST_LIST = ""
    chain, key = issue()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "tsa").mkdir()
    with time_stamper(tmp_path / "tsa") as stamper:
        settings.TSA_URL = stamper.url
        yield stamper
    timestamp.wake()


@pytest.fixture
def published(tsa: TimeStamper, creator: User) -> Version:
    """Published while the authority was away."""
    tsa.answers = False
    version = make_version(work=make_work(owner=creator), status=Version.Status.AUDITED)
    assert seal_version(version.pk)
    tsa.answers = True
    version.refresh_from_db()
    assert (version.status, version.credential.timestamp) == ("published", "due")
    return version


def test_both_files_are_known_as_ours(published: Version) -> None:
    before = blobs.get(published.blob)
    assert add_timestamps() == Round(taken=1, impossible=0, due=0)
    now = Version.objects.select_related("credential").get(pk=published.pk)
    after = blobs.get(now.blob)
    assert now.sha256 == hashlib.sha256(after).hexdigest() != published.sha256
    assert now.credential.timestamp == "taken"
    assert now.credential.manifest_label == read(after).label != published.credential.manifest_label
    (earlier,) = EarlierFile.objects.all()
    assert (earlier.sha256, earlier.blob) == (published.sha256, published.blob)
    for data in (before, after):
        found = verify(data)
        assert (found.known, found.ours, found.verdict) == ("published", True, "valid")
        assert found.manifest is not None
        assert found.manifest["prompt"] == "a harbour at sunset"
    assert verify(before).manifest["timestamped"] is False  # type: ignore[index]
    assert verify(after).manifest["timestamp_authority"] == "Test time stamper"  # type: ignore[index]


def test_a_changed_copy_of_either_is_not(published: Version) -> None:
    before = bytearray(blobs.get(published.blob))
    add_timestamps()
    after = bytearray(blobs.get(Version.objects.get(pk=published.pk).blob))
    for data in (before, after):
        data[-30] ^= 1
        found = verify(bytes(data))
        assert (found.known, found.verdict) == ("differs", "tampered")


def test_the_ledger_tells_of_both(published: Version) -> None:
    add_timestamps()
    event = Event.objects.get(kind="version.timestamped")
    assert event.payload["before"] == published.sha256
    assert event.payload["sha256"] == Version.objects.get(pk=published.pk).sha256


def test_it_is_done_once(published: Version) -> None:
    assert add_timestamps().taken == 1
    sha256 = Version.objects.get(pk=published.pk).sha256
    assert add_timestamps() == Round(taken=0, impossible=0, due=0)
    assert add_timestamp(published.pk) == "taken"
    assert Version.objects.get(pk=published.pk).sha256 == sha256
    assert EarlierFile.objects.count() == 1


def test_an_authority_still_away_changes_nothing(published: Version, tsa: TimeStamper) -> None:
    tsa.answers = False
    assert add_timestamps() == Round(taken=0, impossible=0, due=1)
    assert Version.objects.get(pk=published.pk).sha256 == published.sha256
    assert not EarlierFile.objects.exists()


def test_without_an_authority_nothing_is_asked(published: Version, settings: Settings, tsa: TimeStamper) -> None:
    settings.TSA_URL = ""
    asked = tsa.asked
    assert add_timestamps().due == 1
    assert tsa.asked == asked


def test_a_file_replaced_meanwhile_is_left_alone(published: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(data: bytes, *, media_type: str) -> object:
        signed = stamp(data, media_type=media_type)
        Version.objects.filter(pk=published.pk).update(sha256="ab" * 32)
        return signed

    monkeypatch.setattr(module, "stamp", slow)
    assert add_timestamp(published.pk) == "due"
    assert Version.objects.get(pk=published.pk).sha256 == "ab" * 32
    assert not EarlierFile.objects.exists()


def test_what_cannot_bear_an_update_is_asked_no_more(published: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    from provenance.credentials.errors import CredentialError

    def refuse(data: bytes, *, media_type: str) -> object:
        raise CredentialError("read_back_failed", "does not hold")

    monkeypatch.setattr(module, "stamp", refuse)
    assert add_timestamps() == Round(taken=0, impossible=1, due=0)
    assert Credential.objects.get().timestamp == "impossible"
    assert Version.objects.get(pk=published.pk).sha256 == published.sha256


def test_a_file_that_is_gone_stops_no_other(published: Version, creator: User, tsa: TimeStamper) -> None:
    tsa.answers = False
    second = make_version(work=make_work(owner=creator), status=Version.Status.AUDITED)
    assert seal_version(second.pk)
    tsa.answers = True
    default_storage.delete(published.blob)

    assert add_timestamps() == Round(taken=1, impossible=0, due=1)
    assert Credential.objects.get(version=second).timestamp == "taken"


def test_an_edit_made_after_has_the_new_file_for_a_parent(published: Version) -> None:
    add_timestamps()
    now = Version.objects.select_related("credential").get(pk=published.pk)
    from provenance.credentials.sign import sign
    from provenance.credentials.story import Parent
    from tests.provenance.credentials.conftest import picture, story

    parent = Parent(
        title="before",
        data=blobs.get(now.blob),
        media_type="image/png",
        manifest_label=now.credential.manifest_label,
    )
    signed = sign(picture(), media_type="image/png", story=story(parent=parent))
    assert [it["label"] for it in read(signed.data).manifest["manifests"]][1:] == [
        now.credential.manifest_label,
        published.credential.manifest_label,
    ]
    assert facts(read(signed.data).content).ingredients[0].credential


def test_an_export_for_a_place_that_wants_a_time_waits_for_it(
    published: Version, tsa: TimeStamper, creator: User
) -> None:
    """Given an authority that is away, when one exports for the EU, then nothing is made until it is back."""
    tsa.answers = False
    with pytest.raises(CredentialError) as caught:
        export(published, Wish(profile="eu", format="jpeg"), by=creator)
    assert (caught.value.code, caught.value.permanent) == ("timestamp_failed", False)
    assert not Export.objects.exists()
    plain, _new = export(published, Wish(profile="plain", format="jpeg"), by=creator)
    assert plain.timestamped is False

    tsa.answers = True
    timestamp.wake()
    made, _new = export(published, Wish(profile="eu", format="jpeg"), by=creator)

    assert made.timestamped is True
    assert facts(read(blobs.get(made.blob)).active).signature.timestamp
