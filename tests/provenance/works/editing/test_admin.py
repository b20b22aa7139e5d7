"""The admin shows sittings and all that belongs to them, and changes nothing."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from provenance.works.editing.contribution import contribution_of
from provenance.works.editing.models import Declaration, Edit, Sitting
from provenance.works.models import Version
from tests.provenance.works.editing.conftest import picture
from tests.provenance.works.editing.test_declare import upload

pytestmark = pytest.mark.django_db


def test_every_list_and_page_opens_and_none_changes(admin_client: Client, owner: APIClient, parent: Version) -> None:
    answer = upload(owner, parent, picture(96, 64, seed=8))
    assert answer.status_code == 201
    rows: tuple[Any, ...] = (
        *(Sitting.objects.get(), Edit.objects.get(), Declaration.objects.get()),
        contribution_of(parent),
    )
    for row in rows:
        base = f"/admin/works/{row._meta.model_name}/"
        assert admin_client.get(base).status_code == 200
        assert admin_client.get(f"{base}{row.pk}/change/").status_code == 200
        assert admin_client.get(f"{base}add/").status_code == 403
        assert admin_client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()
