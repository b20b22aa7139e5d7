"""A file whose metadata was stripped finds its record again, and nothing private is told on the way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from generation import blobs
from provenance.credentials.development import create
from provenance.recovery import recover as recovering
from provenance.recovery.fingerprints import fingerprints_of, remember
from provenance.recovery.models import RegisteredPicture
from provenance.works.models import Version
from provenance.works.recover import look_for
from provenance.works.seal import seal_version
from provenance.works.verify import verify
from similarity.pictures import decode
from tests import factories
from tests.benchmarks.recovery_cases import CASES, cropped, photographed
from tests.provenance.recovery.pictures import Pixels, painting, png

pytestmark = pytest.mark.django_db

Sealed = Callable[..., Version]


@pytest.fixture(autouse=True)
def _signer(settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()


@pytest.fixture
def sealed(creator: User) -> Sealed:
    """A version as the pipeline leaves it, of a painting that can be told from others."""

    def make(seed: int = 1, *, owner: User = creator, **audit: Any) -> Version:
        job = factories.make_job(
            owner=owner, status="succeeded", passport=factories.make_passport(), width=320, height=240
        )
        work = factories.make_work(owner=owner, job=job, title=f"Painting {seed}")
        version = factories.make_version(
            work=work,
            status=Version.Status.AUDITED,
            data=png(painting(seed)),
            audit=factories.make_audit(**audit) if audit else None,
        )
        assert seal_version(version.pk)
        version.refresh_from_db()
        return version

    return make


def stripped(version: Version) -> bytes:
    """The same pixels in a file that says nothing."""
    return png(np.asarray(decode(blobs.get(version.blob)).rgb))


def pixels(version: Version) -> Pixels:
    return np.asarray(decode(blobs.get(version.blob)).rgb)


def test_sealing_registers_the_picture_in_the_same_breath(sealed: Sealed) -> None:
    version = sealed()

    row = RegisteredPicture.objects.get()
    assert (row.source, row.subject, row.kind) == (version.pk, version.pk, "version")
    assert (row.blob, row.width, row.height) == (version.blob, 320, 240)
    assert len(row.image_code) == 32
    assert 0 < len(row.features) <= 240 * 14


def test_nothing_is_registered_when_sealing_fails(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr("provenance.works.seal.append", fail)
    with pytest.raises(AssertionError):
        sealed()

    assert not RegisteredPicture.objects.exists()


def test_stripped_metadata(sealed: Sealed) -> None:
    version = sealed()
    for seed in (2, 3, 4):
        sealed(seed)

    found = verify(stripped(version))

    assert found.verdict == "none"
    assert found.recovered is not None
    assert found.recovered["version"] == str(version.pk)
    assert found.recovered["page"] == f"/v/{version.pk}"
    assert [change["code"] for change in found.recovered["happened"]] == ["none"]
    assert found.recovered["overlay"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("case", CASES)
def test_every_case_of_the_bench(sealed: Sealed, case: str) -> None:
    version = sealed()
    sealed(2)

    found = look_for(decode(png(CASES[case](pixels(version), np.random.default_rng(7)))).rgb)

    assert found.recovered is not None
    assert found.recovered["version"] == str(version.pk)


def test_the_very_file_needs_no_recovery(sealed: Sealed) -> None:
    found = verify(blobs.get(sealed().blob))

    assert (found.known, found.recovered) == ("published", None)


def test_a_picture_of_nobody_here_is_not_recovered(sealed: Sealed) -> None:
    sealed()

    found = verify(png(painting(50)))

    assert (found.recovered, found.named_by_code) == (None, None)


def test_a_near_fingerprint_alone_is_not_believed(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every registered picture is nominated, by every way there is: the pixels still refuse."""
    version = sealed()
    monkeypatch.setattr(recovering, "CODE_DISTANCE", 256)

    found = look_for(decode(png(painting(51))).rgb)
    assert found.recovered is None
    by_name = recovering.recover(decode(png(painting(51))).rgb, allowed=lambda ids: set(ids), named=[version.pk])
    assert by_name is None


def test_a_held_version_is_its_owners_alone(sealed: Sealed, creator: User, stranger: User, reviewer: User) -> None:
    version = sealed(outcome="copy")
    assert version.status == Version.Status.HELD
    file = stripped(version)

    for viewer in (None, AnonymousUser(), stranger):
        assert verify(file, viewer=viewer).recovered is None

    for viewer in (creator, reviewer):
        told = verify(file, viewer=viewer).recovered
        assert told is not None
        assert (told["version"], told["published"], told["page"]) == (str(version.pk), False, "")
        # As on the version's own page: its owner does not see it before a reviewer lets it go.
        assert told["overlay"].startswith("data:image/png") == (viewer is reviewer)


def test_a_held_twin_does_not_hide_the_published_one(sealed: Sealed) -> None:
    sealed(outcome="copy")
    version = sealed()

    told = verify(stripped(version)).recovered

    assert told is not None
    assert told["version"] == str(version.pk)


def test_the_api_and_the_page_say_it(sealed: Sealed, api: APIClient, client: Client) -> None:
    version = sealed()
    cut = png(cropped(pixels(version), 0.3, np.random.default_rng(1)))

    answer = api.post("/api/v1/verify", cut, content_type="image/png")
    assert answer.status_code == 200
    assert answer.json()["recovered"]["version"] == str(version.pk)
    assert [change["code"] for change in answer.json()["recovered"]["happened"]] == ["cropped"]

    from django.core.files.uploadedfile import SimpleUploadedFile

    page = client.post("/verify/", {"file": SimpleUploadedFile("cut.png", cut, "image/png")}).content.decode()
    assert f"/v/{version.pk}" in page
    assert "cropped to 70 %" in page


def test_the_api_tells_an_owner_of_their_own(sealed: Sealed, api: APIClient, creator: User) -> None:
    from rest_framework.authtoken.models import Token

    version = sealed(outcome="copy")
    file = stripped(version)
    assert api.post("/api/v1/verify", file, content_type="image/png").json()["recovered"] is None

    api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=creator).key}")

    assert api.post("/api/v1/verify", file, content_type="image/png").json()["recovered"]["version"] == str(version.pk)


def test_the_command_says_it(sealed: Sealed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = sealed()
    (tmp_path / "copy.png").write_bytes(stripped(version))

    call_command("verify", str(tmp_path / "copy.png"))

    assert f"recovered: Painting 1 ({version.pk})" in capsys.readouterr().out


def test_versions_from_before_the_registry_are_registered_later(
    sealed: Sealed, capsys: pytest.CaptureFixture[str]
) -> None:
    version, other = sealed(), sealed(2)
    RegisteredPicture.objects.all().delete()
    Version.objects.filter(pk=other.pk).update(status=Version.Status.REFUSED)
    assert verify(stripped(version)).recovered is None

    call_command("fingerprint_versions")
    call_command("fingerprint_versions")

    assert RegisteredPicture.objects.count() == 2
    assert "0 versions fingerprinted; 2 pictures" in capsys.readouterr().out
    assert verify(stripped(version)).recovered is not None


def test_a_file_that_is_gone_is_passed_over(sealed: Sealed) -> None:
    version = sealed()
    file = stripped(version)
    RegisteredPicture.objects.update(blob="no/such/file.png")

    assert verify(file).recovered is None


def test_an_export_leads_to_its_version(sealed: Sealed) -> None:
    version = sealed()
    RegisteredPicture.objects.all().delete()
    picture = decode(png(painting(8))).rgb
    remember(
        fingerprints_of(picture),
        source=uuid4(),
        subject=version.pk,
        blob=blobs.put(png(painting(8)), "png"),
        kind="export",
    )

    told = look_for(picture).recovered

    assert told is not None
    assert (told["version"], told["of_export"]) == (str(version.pk), True)


def test_a_photographed_print_is_found_by_its_picture_alone(sealed: Sealed) -> None:
    version = sealed()
    photo = photographed(pixels(version), np.random.default_rng(3))

    told = verify(png(photo)).recovered

    assert told is not None
    assert told["version"] == str(version.pk)
    assert told["happened"][0]["code"] == "photographed"
