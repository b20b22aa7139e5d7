"""Fixtures every test may use."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from provenance.ledger import guards

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests that commit empty every table afterwards, which the guards of append-only tables forbid.

    The fixture ``guarded`` puts them back.
    """
    with django_db_blocker.unblock():
        assert guards.missing(connection) == [], "the migrations guard every append-only table"
        guards.remove(connection, guards.append_only_tables())


@pytest.fixture
def guarded(db: None) -> None:
    """Append-only tables stand guarded, as they do in a service; the test's end takes that back."""
    guards.install(connection, guards.append_only_tables())


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Throttle counters must not travel from one test to the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def _fresh_language() -> None:
    """Nor must the language that the last page was asked for in."""
    translation.deactivate()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test data that lies beside a developer's checkout, not inside it."""
    if not SHARED.is_dir():
        pytest.skip("the shared test data is not beside this checkout")
    return SHARED


@pytest.fixture
def creator(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.com", "correct horse battery")


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("ben", "ben@example.com", "correct horse battery")


@pytest.fixture
def reviewer(db: None) -> User:
    """Somebody who may look at everything and decide cases."""
    user = User.objects.create_user("rita", "rita@example.com", "correct horse battery")
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    user.user_permissions.add(Permission.objects.get(codename="decide_case"))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def api() -> APIClient:
    return APIClient()
