"""Fixtures every test may use."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from rest_framework.test import APIClient

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Throttle counters must not travel from one test to the next."""
    cache.clear()


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
