"""A manifest that breaks a rule of the conformance programme is never published."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from provenance.credentials import sign as sign_module
from provenance.credentials.development import issue
from provenance.credentials.manifest import define
from provenance.credentials.story import Story
from provenance.ledger.models import Event
from provenance.works.models import Credential, Version
from provenance.works.seal import seal_version
from tests.factories import make_version, make_work


@pytest.mark.django_db
def test_what_breaks_a_rule_is_never_published(
    creator: User, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.TRUST_LIST = settings.TSA_URL = ""
    chain, key = issue()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)

    def careless(story: Story, *, media_type: str) -> Any:
        definition = define(story, media_type=media_type)
        definition.manifest["assertions"][0]["data"].pop("allActionsIncluded")
        return definition

    monkeypatch.setattr(sign_module, "define", careless)
    version = make_version(work=make_work(owner=creator), status=Version.Status.AUDITED)
    assert not seal_version(version.pk)
    version.refresh_from_db()
    assert (version.status, version.error_code) == (Version.Status.FAILED, "manifest_not_conformant")
    assert (version.blob, version.sha256, version.published_at) == ("", "", None)
    assert not Credential.objects.exists()
    assert not Event.objects.filter(kind="version.published").exists()
