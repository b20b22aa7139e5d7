"""Who gets a version's bytes, and how they arrive."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from PIL import Image
from rest_framework.authtoken.models import Token

from generation import blobs
from provenance.works.models import Version
from tests import factories

FILE, MANIFEST, THUMBNAIL = NAMES = ["web:version-file", "web:version-manifest", "web:version-thumbnail"]


@pytest.fixture
def version(creator: User) -> Version:
    work = factories.make_work(owner=creator, title="Port, by night: “Ø” 港 / final")
    return factories.make_version(work=work, data=factories.make_png(size=(1200, 600)))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def get(client: Client, name: str, version: Version, *, query: str = "", **headers: str) -> Answer:
    """The whole answer, with the file it came from closed again."""
    address = reverse(name, args=[version.pk]) + query
    response = client.get(address, headers={key.replace("_", "-"): value for key, value in headers.items()})
    try:
        return Answer(response.status_code, response.headers, response.getvalue())
    finally:
        # Not response.close(): outside a server that would close the test's database connection as well.
        for close in response._resource_closers:  # type: ignore[attr-defined]
            close()


def test_the_owner_gets_the_very_bytes(client: Client, creator: User, version: Version) -> None:
    """Given a published version, when its owner asks, then the stored bytes come with a readable name."""
    client.force_login(creator)

    answer = get(client, FILE, version)

    assert answer.body == blobs.get(version.blob)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == f'"{version.sha256}"'
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"].startswith("inline; filename*=utf-8''port-by-night-")
    assert answer.headers["Content-Disposition"].endswith("-1.png")


def test_download_asks_the_browser_to_save(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)

    answer = get(client, FILE, version, query="?download")

    assert answer.headers["Content-Disposition"].startswith("attachment; ")


def test_a_browser_that_has_it_is_told_so(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)

    answer = get(client, FILE, version, if_none_match=f'"{version.sha256}"')

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_gets_nothing_even_with_the_right_hash(
    client: Client, stranger: User, version: Version, name: str
) -> None:
    client.force_login(stranger)

    answer = get(client, name, version, if_none_match=f'"{version.sha256}"')

    assert answer.status == 404
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("name", NAMES)
def test_nobody_in_particular_is_led_to_the_sign_in(client: Client, version: Version, name: str) -> None:
    answer = get(client, name, version)

    assert answer.status == 302
    assert answer.headers["Location"].startswith(reverse("web:sign-in"))


def test_a_program_uses_its_token(client: Client, creator: User, stranger: User, version: Version) -> None:
    def status(key: str) -> int:
        return get(client, FILE, version, authorization=f"Token {key}").status

    assert status(Token.objects.create(user=creator).key) == 200
    assert status(Token.objects.create(user=stranger).key) == 404
    assert status("0" * 40) == 401


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [s for s in Version.Status.values if s != "published"])
def test_what_is_not_published_stays_here(
    client: Client, creator: User, reviewer: User, status: str, name: str
) -> None:
    """Given a version at any other stage, then its owner gets nothing, and a reviewer what is signed."""
    version = factories.make_version(work=factories.make_work(owner=creator), status=status)

    client.force_login(creator)
    assert get(client, name, version).status == 404
    client.force_login(reviewer)
    assert get(client, name, version).status == (200 if status in Version.SEALED else 404)


def test_looking_at_works_is_not_reviewing(client: Client, creator: User, stranger: User) -> None:
    """Somebody who may view all versions, but decides nothing, gets no held picture."""
    stranger.user_permissions.add(Permission.objects.get(codename="view_version"))
    held = factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.HELD)
    client.force_login(stranger)

    assert get(client, FILE, held).status == 404


def test_the_thumbnail_is_small_and_kept(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)

    first = get(client, THUMBNAIL, version)
    Version.objects.filter(pk=version.pk).update(blob="gone")
    second = get(client, THUMBNAIL, version)

    assert first.headers["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(first.body)) as small:
        assert small.size == (384, 192)
    assert second.body == first.body


def test_a_lost_file_is_a_404(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)
    Version.objects.filter(pk=version.pk).update(blob="aa/bb/gone.png")

    for name in (FILE, THUMBNAIL):
        assert get(client, name, version).status == 404


def test_the_manifest_is_json(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)

    answer = get(client, MANIFEST, version)

    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body) == version.credential.manifest
