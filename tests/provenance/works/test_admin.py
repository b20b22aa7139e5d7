"""The admin reads a signed file when somebody looks at its row."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from generation import blobs
from provenance.credentials.development import create
from provenance.works.models import Version
from provenance.works.seal import seal_version
from tests.factories import make_version, make_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(creator: User, settings: Settings, tmp_path: Path) -> Version:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    create()
    made = make_version(work=make_work(owner=creator), status=Version.Status.AUDITED)
    assert seal_version(made.pk)
    made.refresh_from_db()
    return made


def shown(client: Client, version: Version) -> str:
    client.force_login(User.objects.create_superuser("root", password="x"))
    answer = client.get(f"/admin/works/version/{version.pk}/change/", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_version_is_shown_with_its_verdict(client: Client, version: Version) -> None:
    page = shown(client, version)
    assert f"{version.sha256[:12]}: valid (intact, by a signer on no trust list used here)" in page
    assert "Made with AI (colophon-mini) by this service." in page
    assert "[signed] was made, made by a trained AI model" in page or "[witnessed] was made" in page
    assert "c2pa-python" in page


def test_a_file_that_was_changed_is_seen(client: Client, version: Version) -> None:
    changed = bytearray(blobs.get(version.blob))
    changed[-40] ^= 1
    Version.objects.filter(pk=version.pk).update(blob=blobs.put(bytes(changed), "png"))
    assert "tampered" in shown(client, version)


def test_a_version_without_a_file_yet_says_nothing(client: Client, creator: User) -> None:
    waiting = make_version(work=make_work(owner=creator), status=Version.Status.RENDERED, blob="", sha256="")
    assert "read just now" in shown(client, waiting).lower()
