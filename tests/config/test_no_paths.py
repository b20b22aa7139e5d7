"""Where things lie on this machine is told to its operator, and to nobody else."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as service
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from config.checks import check_settings
from provenance.credentials import trust
from provenance.credentials.errors import CredentialError
from provenance.credentials.signer import check_signer
from provenance.works.models import Version
from provenance.works.seal import seal_version
from similarity.build_index import build_index
from similarity.encoder_files import resolve
from similarity.errors import SimilarityError
from similarity.models import Audit
from tests.factories import make_png, make_version, make_work

# Sentences that hold a place, or the words of a library, and only ever reach whoever runs a command.
ONLY_FOR_COMMANDS = {
    ("provenance/credentials/development.py", "%(path)s"),
    ("provenance/ledger/kept.py", "%(path)s"),
    ("provenance/ledger/signing_key.py", "%(path)s"),  # or the periodic task, whose error goes to the log
    ("provenance/audits/write_folder.py", "%(folder)s"),
    ("provenance/audits/write_folder.py", "%(why)s"),
    ("similarity/artworks.py", "%(path)s"),
    ("similarity/artworks.py", "%(why)s"),
    ("similarity/audit_files.py", "%(folder)s"),
    ("similarity/bundled_calibrations.py", "%(path)s"),
    ("similarity/catalogue.py", "%(path)s"),
    ("similarity/fit_readout.py", "%(folder)s"),
    # Notes: ``not_found`` keeps them for the operator.
    ("similarity/encoder_files.py", "%(folder)s"),
    ("similarity/encoder_files.py", "%(spec)s"),
    ("similarity/encoder_files.py", "%(why)s"),
    # What is wrong with a list, and which line of the operator's profile: no place.
    ("provenance/credentials/trust_file.py", "%(why)s"),
    ("provenance/marking/profiles.py", "%(why)s"),
    ("provenance/reports/write.py", "%(folder)s"),
    ("provenance/reports/write.py", "%(why)s"),
    # ``strerror``, which names no file; and only of files on this machine.
    ("similarity/pictures.py", "%(why)s"),
}


def test_no_other_sentence_has_room_for_a_path() -> None:
    found = set()
    for package in ("config", "generation", "similarity", "provenance", "idempotency"):
        for file in (service.BASE_DIR / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "gettext") and node.args:
                    text = getattr(node.args[0], "value", "")
                    places = (name for name in ("%(path)s", "%(folder)s", "%(spec)s", "%(why)s") if name in str(text))
                    found |= {(str(file.relative_to(service.BASE_DIR)), name) for name in places}
    assert found - ONLY_FOR_COMMANDS == set()


@pytest.fixture
def somewhere(settings: Settings, tmp_path: Path) -> str:
    """Everything an operator can put in the wrong place lies below here, and nothing of it is right."""
    (tmp_path / "data").write_text("not a folder")
    settings.SIGNER_CHAIN = settings.SIGNER_KEY = str(tmp_path / "signer.pem")
    settings.TRUST_LIST = str(tmp_path / "trust.pem")
    settings.ENCODER = f"local-dir:{tmp_path / 'encoder'}"
    settings.INDEX_DIR = tmp_path / "data" / "index"
    return str(tmp_path)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (check_signer, "signer_missing"),
        (trust.load, "trust_list_unreadable"),
        (lambda: resolve(service.ENCODER), "encoder_not_found"),
        (lambda: build_index(encoder="e" * 64, dimension=4), "index_unwritable"),
    ],
)
def test_the_sentence_is_for_all_and_the_note_for_the_operator(
    somewhere: str, call: Callable[[], Any], code: str
) -> None:
    with pytest.raises((SimilarityError, CredentialError)) as caught:
        call()

    error = caught.value
    assert isinstance(error, SimilarityError | CredentialError)
    assert error.code == code
    assert somewhere not in error.message
    assert somewhere in error.for_operator
    assert somewhere not in str(error)


def test_a_signer_that_may_not_be_read(somewhere: str, settings: Settings) -> None:
    settings.SIGNER_CHAIN = somewhere  # a folder
    with pytest.raises(CredentialError) as caught:
        check_signer()
    assert (caught.value.code, somewhere in caught.value.message) == ("signer_unreadable", False)
    assert somewhere in caught.value.for_operator


def test_the_api_tells_a_code_and_the_log_the_place(somewhere: str, api: APIClient, db: None) -> None:
    with capture_logs() as said:
        answer = api.post("/api/v1/verify", {"image": SimpleUploadedFile("a.png", make_png())})

    assert (answer.status_code, answer.json()["code"]) == (503, "trust_list_unreadable")
    assert somewhere not in answer.content.decode()
    (event,) = [event for event in said if event["event"] == "unavailable"]
    assert somewhere in event["exc_info"].for_operator


def test_the_page_says_no_more(somewhere: str, client: Any, db: None) -> None:
    answer = client.post("/verify/", {"file": SimpleUploadedFile("a.png", make_png())})
    assert answer.status_code == 503
    assert somewhere not in answer.content.decode()


def test_an_audit_keeps_no_path(somewhere: str, api: APIClient, creator: User) -> None:
    api.force_authenticate(creator)
    answer = api.post("/api/v1/audits/", {"image": SimpleUploadedFile("a.png", make_png())})
    assert (answer.status_code, answer.json()["error_code"]) == (201, "encoder_not_found")
    assert somewhere not in answer.content.decode()
    assert somewhere not in Audit.objects.get().error


def test_a_failed_version_keeps_no_path(somewhere: str, creator: User) -> None:
    version = make_version(work=make_work(owner=creator), status=Version.Status.AUDITED)

    assert seal_version(version.pk) is False

    version.refresh_from_db()
    assert (version.status, version.error_code) == ("failed", "signer_missing")
    assert somewhere not in version.error


def test_the_operator_is_told_by_checks_and_commands(somewhere: str, tmp_path: Path, db: None) -> None:
    told = {message.id: message.msg for message in check_settings()}
    assert f"{somewhere}/signer.pem" in told["colophon.W008"]
    assert f"{somewhere}/trust.pem" in told["colophon.E011"]

    (tmp_path / "a.png").write_bytes(make_png())
    with pytest.raises(CommandError, match=f"encoder_not_found: .*{somewhere}/encoder"):
        call_command("audit", str(tmp_path / "a.png"))
