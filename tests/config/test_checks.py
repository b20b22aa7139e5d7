"""An operator's mistakes are named before the first request."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as settings_of_django

from config.checks import check_settings

STORAGE = "generation.blobs.DurableFileSystemStorage"


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
        ("VECTORS", "annoy", "colophon.E060"),
        ("STYLE_ALPHA", 0.02, "colophon.E070"),
        ("VECTORS", "milvus", "colophon.E062"),
        ("REST_FRAMEWORK", {"DEFAULT_THROTTLE_RATES": {"verify": "often"}}, "colophon.E013"),
        ("MARKING_PROFILE", "atlantis", "colophon.E030"),
        ("MARKING_PROFILES", {"korea": {"place": "middle"}}, "colophon.E030"),
        ("MARKING_PROFILES", [], "colophon.E030"),
        ("MARKING_PROFILE", "china", "colophon.E031"),
        ("PROVIDER_CODE", "two words", "colophon.E031"),
        ("ENGINE", "nowhere.engine.Engine", "colophon.E014"),
        ("ENGINE", "Engine", "colophon.E014"),
        ("ENGINE", "generation.engines.diffusers_engine.NoSuchEngine", "colophon.E014"),
        ("STORAGES", {"default": {"BACKEND": "storages_not_here.S3"}, "staticfiles": {}}, "colophon.E014"),
        ("STORAGES", {"default": {"BACKEND": "generation.blobs.NoSuchStorage"}, "staticfiles": {}}, "colophon.E014"),
        ("STORAGES", {"default": {"BACKEND": STORAGE, "OPTIONS": ["x"]}, "staticfiles": {}}, "colophon.E016"),
        ("STORAGES", {"default": {"BACKEND": STORAGE, "OPTIONS": {"bucket": 1}}, "staticfiles": {}}, "colophon.E016"),
        (
            "STORAGES",
            {"default": {"BACKEND": STORAGE, "OPTIONS": {"location": f"{__file__}/x"}}, "staticfiles": {}},
            "colophon.E015",
        ),
        ("DATA_DIR", Path(__file__) / "x", "colophon.E015"),
        ("DATA_DIR", Path("/proc/self"), "colophon.E015"),
        ("CACHES", {"default": {"BACKEND": "not_here.Cache"}}, "colophon.E017"),
        ("MAX_COUNT", 10_000, "colophon.E003"),
        ("ALLOWED_HOSTS", ["https://example.org"], "colophon.E019"),
        ("ALLOWED_HOSTS", ["example.org:8000"], "colophon.E019"),
        ("ALLOWED_HOSTS", ["*"], "colophon.W020"),
        ("DEFAULT_FROM_EMAIL", "the office", "colophon.E050"),
        ("ADDRESS", "example.org", "colophon.E051"),
        ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend", "colophon.W052"),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_each_mistake_has_an_id(settings: Any, name: str, value: Any, expected: str) -> None:
    assert expected not in ids()
    setattr(settings, name, value)
    assert expected in ids()


def test_every_check_is_explained() -> None:
    root = Path(settings_of_django.BASE_DIR)
    known = {
        id for source in root.glob("config/checks*.py") for id in re.findall(r"colophon\.[EW]\d+", source.read_text())
    }
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


def test_the_real_engine_and_sensible_hosts_pass(settings: Any, tmp_path: Path) -> None:
    settings.ENGINE = "generation.engines.diffusers_engine.DiffusersEngine"
    settings.ALLOWED_HOSTS = ["example.org", ".example.org", "[::1]", "127.0.0.1"]
    settings.DATA_DIR = tmp_path
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://x"}}
    assert ids() <= {"colophon.W008"}
    assert list(tmp_path.iterdir()) == []


def test_a_cache_of_each_process_is_a_warning() -> None:
    assert "colophon.W018" in ids()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COLOPHON_MAX_BATCH", "four", "COLOPHON_MAX_BATCH cannot be read"),
        ("COLOPHON_STORAGE_OPTIONS", "{bucket", "COLOPHON_STORAGE_OPTIONS cannot be read"),
        ("CACHE_URL", "magic://x", "CACHE_URL: Invalid cache schema magic"),
        ("DATABASE_URL", "magic://x", "DATABASE_URL selects no database known here"),
        ("EMAIL_URL", "pigeon://x", "EMAIL_URL is no address for e-mail"),
        ("COLOPHON_HTTPS", "perhaps", "COLOPHON_HTTPS is “perhaps”; write 1 or 0"),
        ("COLOPHON_DATA_DIR", f"{__file__}/x", "which cannot be made: Not a directory"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_sentence_and_no_trace(
    name: str, value: str, said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings_of_django.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "COLOPHON_DATA_DIR": str(tmp_path),
            name: value,
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("manage.py: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
