"""An operator's mistakes are named before the first request."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as settings_of_django

from config.checks import check_settings


def ids() -> set[str]:
    return {str(message.id) for message in check_settings()}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CELERY_BROKER_URL", "sqla+sqlite:///x", "colophon.E001"),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.mysql"}}, "colophon.E002"),
        ("LEASE_SECONDS", 0, "colophon.E003"),
        ("MAX_BATCH", 3, "colophon.E004"),
        ("MODELS", [], "colophon.E005"),
        ("MODELS", ["/nowhere/model"], "colophon.E006"),
        ("ENCODER", "local-dir:/nowhere", "colophon.E007"),
        ("ENCODER", "ViT-B-32", "colophon.E007"),
        ("TRUST_LIST", "/nowhere.pem", "colophon.E011"),
        ("TRUST_LIST", __file__, "colophon.E011"),
        ("TSA_URL", "ftp://tsa", "colophon.E012"),
        ("REST_FRAMEWORK", {"DEFAULT_THROTTLE_RATES": {"verify": "often"}}, "colophon.E013"),
        ("MARKING_PROFILE", "atlantis", "colophon.E030"),
        ("MARKING_PROFILES", {"korea": {"place": "middle"}}, "colophon.E030"),
        ("MARKING_PROFILES", [], "colophon.E030"),
        ("MARKING_PROFILE", "china", "colophon.E031"),
        ("PROVIDER_CODE", "two words", "colophon.E031"),
        ("ENGINE", "nowhere.engine.Engine", "colophon.E014"),
        ("ENGINE", "Engine", "colophon.E014"),
        ("STORAGES", {"default": {"BACKEND": "storages_not_here.S3"}, "staticfiles": {}}, "colophon.E014"),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_each_mistake_has_an_id(settings: Any, name: str, value: Any, expected: str) -> None:
    assert expected not in ids()
    setattr(settings, name, value)
    assert expected in ids()


def test_every_check_is_explained() -> None:
    root = Path(settings_of_django.BASE_DIR)
    known = set(re.findall(r"colophon\.[EW]\d+", (root / "config/checks.py").read_text()))
    told = set(re.findall(r"colophon\.[EW]\d+", (root / "docs/reference/checks.md").read_text()))
    assert known == told


def test_a_missing_signer_is_a_warning(settings: Any, tmp_path: Any) -> None:
    settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / "no.pem"), str(tmp_path / "no.key")
    assert "colophon.W008" in ids()


def test_a_mismatched_pair_is_an_error(settings: Any, tmp_path: Any) -> None:
    """Given the chain of one signer and the key of another, then check says so."""
    from django.core.management import call_command

    chains = []
    for name in ("one", "two"):
        settings.SIGNER_CHAIN, settings.SIGNER_KEY = str(tmp_path / f"{name}.pem"), str(tmp_path / f"{name}.key")
        call_command("create_signer", verbosity=0)
        chains.append(settings.SIGNER_CHAIN)
    assert "colophon.E009" not in ids()
    settings.SIGNER_CHAIN = chains[0]
    assert "colophon.E009" in ids()
