"""A full account: what it asks for in works is refused with a sentence, what it has goes on being there."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from generation.models import Job, Output, StoredFile
from generation.stored_files import note, used_by
from provenance.works.editing.commit import commit
from provenance.works.editing.models import Contribution, Declaration, Edit, Sitting
from provenance.works.editing.sittings import abandon, begin
from provenance.works.editing.steps import take_step
from provenance.works.errors import WorkError
from provenance.works.export import export
from provenance.works.models import Export, Version
from provenance.works.wish import Wish
from tests.provenance.works.editing.conftest import through
from tests.provenance.works.editing.test_declare import jpeg, pixels_of, upload

pytestmark = pytest.mark.django_db
CROP: dict[str, Any] = {"operation": "crop", "parameters": {"x": 0, "y": 0, "width": 48, "height": 32}}


@pytest.fixture
def full(settings: Settings, creator: User, parent: Version) -> int:
    """The account has nothing left; how many bytes it has."""
    used = used_by(creator.pk)
    settings.ACCOUNT_BYTES = used
    return used


def refused(call: Any) -> str:
    with pytest.raises(WorkError) as found:
        call()
    return found.value.code


def keys_of(user: User) -> set[str]:
    """Every file that the account's rows name."""
    versions = Version.objects.filter(work__owner=user)
    columns = (
        Job.objects.filter(owner=user).values_list("source", "mask"),
        Output.objects.filter(job__owner=user).values_list("blob"),
        versions.values_list("picture", "blob"),
        Export.objects.filter(version__in=versions).values_list("blob"),
        Edit.objects.filter(sitting__owner=user).values_list("mask"),
        Declaration.objects.filter(edit__sitting__owner=user).values_list("blob"),
        Contribution.objects.filter(version__in=versions).values_list("blob"),
    )
    return {key for rows in columns for row in rows for key in row if key}


@pytest.fixture
def busy(creator: User, parent: Version, owner: APIClient) -> Version:
    """An account that edited, declared and exported."""
    StoredFile.objects.all().delete()  # the factory stored its output past the count
    output = parent.output
    assert output is not None
    for key in (output.blob, parent.blob):
        note(key, default_storage.size(key), owner_id=creator.pk)
    sitting, _new = begin(parent=parent, owner=creator)
    take_step(sitting=sitting, revision=0, **CROP)
    sitting.refresh_from_db()
    through(commit(sitting, revision=sitting.revision))
    answer = upload(owner, parent, jpeg(255 - pixels_of(parent)))
    assert answer.status_code == 201, answer.content
    through(Version.objects.get(pk=answer.json()["version"]))
    export(parent, Wish(profile="plain", format="jpeg"), by=creator)
    return parent


def test_every_file_of_an_account_counts_once(busy: Version, creator: User) -> None:
    rows = dict(StoredFile.objects.filter(owner=creator).values_list("key", "bytes"))
    assert set(rows) == keys_of(creator)
    assert rows == {key: default_storage.size(key) for key in rows}


def test_files_from_before_are_counted_by_the_migration(busy: Version, creator: User) -> None:
    sizes = dict(StoredFile.objects.values_list("key", "bytes"))
    counted = set(StoredFile.objects.values_list("owner", "key", "bytes"))
    StoredFile.objects.all().delete()
    default_storage.delete(busy.blob)
    for _again in range(2):
        import_module("provenance.works.migrations.0011_count_files_kept_so_far").count(
            apps, connection.schema_editor()
        )
    now = set(StoredFile.objects.values_list("owner", "key", "bytes"))
    assert counted - now == {(creator.pk, busy.blob, sizes[busy.blob])}
    assert now <= counted


def test_a_full_account_declares_nothing(
    full: int,
    owner: APIClient,
    parent: Version,
    creator: User,
) -> None:
    answer = upload(owner, parent, jpeg(255 - pixels_of(parent)))
    assert (answer.status_code, answer.json()["code"]) == (409, "storage_full")
    assert "nothing is left" in answer.json()["detail"]
    assert (Declaration.objects.count(), Version.objects.count(), used_by(creator.pk)) == (0, 1, full)


def test_a_file_larger_than_what_is_left_is_told_how_much_that_is(
    settings: Settings,
    owner: APIClient,
    parent: Version,
    creator: User,
) -> None:
    data = jpeg(255 - pixels_of(parent))
    settings.ACCOUNT_BYTES = used_by(creator.pk) + len(data) - 1
    detail = upload(owner, parent, data).json()["detail"].replace("\xa0", " ")
    assert "are left" in detail
    settings.ACCOUNT_BYTES += 1
    assert upload(owner, parent, data).status_code == 201


def test_a_full_account_may_leave_the_editor_and_not_go_on(
    settings: Settings,
    parent: Version,
    creator: User,
) -> None:
    sitting, _new = begin(parent=parent, owner=creator)
    take_step(sitting=sitting, revision=0, **CROP)
    sitting.refresh_from_db()
    settings.ACCOUNT_BYTES = used_by(creator.pk)
    assert refused(lambda: take_step(sitting=sitting, revision=1, **CROP)) == "storage_full"
    assert refused(lambda: commit(sitting, revision=1)) == "storage_full"
    assert (Version.objects.count(), Edit.objects.count()) == (1, 1)
    sitting.refresh_from_db()
    abandon(sitting, revision=sitting.revision)
    assert Sitting.objects.get().status == "abandoned"


def test_a_full_account_gets_the_export_it_made_and_no_other(
    settings: Settings,
    parent: Version,
    creator: User,
) -> None:
    made, _new = export(parent, Wish(profile="plain", format="jpeg"), by=creator)
    settings.ACCOUNT_BYTES = used_by(creator.pk)
    assert export(parent, Wish(profile="plain", format="jpeg"), by=creator) == (made, False)
    assert refused(lambda: export(parent, Wish(profile="plain", format="webp"), by=creator)) == "storage_full"
    assert Export.objects.count() == 1


def test_the_account_page_tells_it(client: Client, settings: Settings, creator: User, stranger: User) -> None:
    note("x", 3 * 1024**2, owner_id=creator.pk)
    note("y", 1024**3, owner_id=stranger.pk)
    settings.ACCOUNT_BYTES = 5 * 1024**2
    client.force_login(creator)
    page = client.get("/account/", headers={"Accept-Language": "en"}).content.decode().replace("\xa0", " ")
    assert "3.0 MB of 5.0 MB; 2.0 MB are left" in page
    settings.ACCOUNT_BYTES = 0
    page = client.get("/account/", headers={"Accept-Language": "en"}).content.decode().replace("\xa0", " ")
    assert "<dd>3.0 MB</dd>" in page
