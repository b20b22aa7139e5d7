"""The admin's first page tells who signs, and warns in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from provenance.credentials.development import issue

ADMIN = "/admin/"


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root", password="correct horse battery"))
    return client


def _put(settings: Settings, folder: Path, days: int) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(folder / "chain.pem"), str(folder / "key.pem")
    settings.KEY_DIR = folder
    chain, key = issue(not_before=datetime.now(UTC) - timedelta(minutes=5), days=days)
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(key)


@pytest.mark.parametrize(("days", "warns"), [(200, False), (20, True)])
def test_a_signer_that_expires_soon_is_marked(
    admin: Client, settings: Settings, tmp_path: Path, days: int, warns: bool
) -> None:
    _put(settings, tmp_path, days)
    answer = admin.get(ADMIN)
    (row,) = answer.context["signers"]
    assert (row["name"], row["warn"], row["days"]) == ("Colophon development signer", warns, days - 1)
    assert answer.content.decode().count(f"{days - 1} days left") == 1


def test_a_signer_that_is_missing_is_said_so(admin: Client, settings: Settings, tmp_path: Path) -> None:
    settings.SIGNER_CHAIN = settings.SIGNER_KEY = str(tmp_path / "none.pem")
    settings.KEY_DIR = tmp_path
    answer = admin.get(ADMIN)
    assert answer.context["signers"][0]["warn"]
    assert "There is no signer" in answer.content.decode()
