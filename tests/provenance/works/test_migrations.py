"""What the migrations do with rows that were there before."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from similarity.models import Audit
from tests.factories import make_audit, make_version, make_work

pytestmark = pytest.mark.django_db


def test_audits_of_versions_are_given_to_their_owners(creator: User, stranger: User) -> None:
    adas = make_version(work=make_work(owner=creator))
    bens = make_version(work=make_work(owner=stranger))
    nobodys = make_audit()

    import_module("provenance.works.migrations.0002_give_audits_their_owners").give(apps, connection.schema_editor())

    owners = dict(Audit.objects.values_list("pk", "owner__username"))
    assert owners == {adas.audit_id: "ada", bens.audit_id: "ben", nobodys.pk: None}
