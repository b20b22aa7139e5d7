"""Trusted time: taken at once, or added later."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from provenance.credentials import timestamp
from provenance.credentials.errors import CredentialError
from provenance.credentials.facts import facts
from provenance.credentials.read import read
from provenance.credentials.sign import Signed, sign, stamp
from tests.provenance.credentials.conftest import picture, story
from tests.provenance.credentials.tsa import TimeStamper, time_stamper

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


@pytest.fixture
def tsa(tmp_path: Path, settings: Settings, signer: Path) -> Iterator[TimeStamper]:
    """An authority that answers, and is configured."""
    (tmp_path / "tsa").mkdir()
    with time_stamper(tmp_path / "tsa") as stamper:
        settings.TSA_URL = stamper.url
        yield stamper
    timestamp.wake()


def _sign(media_type: str = "image/png") -> Signed:
    return sign(picture(media_type), media_type=media_type, story=story())


def test_a_time_is_taken_when_signing(tsa: TimeStamper) -> None:
    signed = _sign()
    told = facts(read(signed.data).active).signature
    assert (signed.timestamp, tsa.asked) == ("taken", 1)
    assert told.timestamp_authority == "Test time stamper"
    assert datetime.now(UTC) - datetime.fromisoformat(told.timestamp) < timedelta(minutes=1)


def test_without_an_authority_none_is_due(signer: Path) -> None:
    assert _sign().timestamp == ""


def test_an_authority_that_does_not_answer_stops_nothing(tsa: TimeStamper) -> None:
    tsa.answers = False
    first = _sign()
    assert (first.timestamp, first.verdict, tsa.asked) == ("due", "valid", 1)
    assert facts(read(first.data).active).signature.timestamp == ""
    # It is left alone for a while, so that the next picture does not wait for it.
    assert (_sign().timestamp, tsa.asked) == ("due", 1)
    tsa.answers = True
    assert _sign().timestamp == "due"
    timestamp.wake()
    assert _sign().timestamp == "taken"


def _unstamped(tsa: TimeStamper, media_type: str = "image/png") -> Signed:
    tsa.answers = False
    signed = _sign(media_type)
    tsa.answers = True
    timestamp.wake()
    return signed


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/avif"])
def test_a_time_is_added_later_and_says_nothing_else(tsa: TimeStamper, media_type: str) -> None:
    before = _unstamped(tsa, media_type)
    after = stamp(before.data, media_type=media_type)
    reading, earlier = read(after.data), read(before.data)
    assert (after.timestamp, reading.verdict.code) == ("taken", "valid")
    assert after.manifest_label != before.manifest_label
    assert reading.label == after.manifest_label
    assert reading.active["isUpdateManifest"] is True
    assert list(reading.active["assertions"]["c2pa.time-stamp"]) == [before.manifest_label]
    assert reading.content["label"] == before.manifest_label
    assert facts(reading.content, resources=reading.resources) == facts(earlier.active, resources=earlier.resources)
    assert facts(reading.active).signature.timestamp_authority == "Test time stamper"


@pytest.mark.parametrize("media_type", ["image/webp", "image/tiff"])
def test_where_an_update_moves_bound_bytes_it_is_refused(tsa: TimeStamper, media_type: str) -> None:
    """This SDK's update manifests break the binding in these two formats; the file stays as it was."""
    before = _unstamped(tsa, media_type)
    with pytest.raises(CredentialError) as caught:
        stamp(before.data, media_type=media_type)
    assert caught.value.code == "read_back_failed"


def test_the_authority_fails_again(tsa: TimeStamper) -> None:
    before = _unstamped(tsa)
    tsa.answers = False
    with pytest.raises(CredentialError) as caught:
        stamp(before.data, media_type="image/png")
    assert (caught.value.code, caught.value.permanent) == ("timestamp_failed", False)
    assert tsa.url not in caught.value.message
    assert not timestamp.answers()


def test_only_the_authority_is_asked(tsa: TimeStamper, tmp_path: Path) -> None:
    before = _unstamped(tsa)
    (tmp_path / "other").mkdir()
    with time_stamper(tmp_path / "other") as other:
        asked = tsa.asked
        stamp(before.data, media_type="image/png")
        assert (tsa.asked - asked, other.asked) == (2, 0)
