"""How much an account's files take, and that a full account begins nothing new."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils.translation import override
from pytest_django import Settings

from generation.blobs import key_of
from generation.errors import GenerationError
from generation.models import Job, StoredFile
from generation.render import render_next
from generation.stored_files import forget, keep, note, require_room, used_by
from tests.generation.conftest import MakeJob
from tests.generation.test_beginning import SOURCE, png

pytestmark = pytest.mark.django_db
ROOT = Path(django_settings.BASE_DIR)


def refused(call: Any) -> GenerationError:
    with pytest.raises(GenerationError) as found:
        call()
    return found.value


def test_the_same_bytes_count_once_for_each_account(creator: User, stranger: User) -> None:
    keys = {keep(b"12345", "bin", owner_id=user.pk) for user in (creator, creator, stranger)}
    keep(b"123", "bin", owner_id=creator.pk)
    assert (len(keys), used_by(creator.pk), used_by(stranger.pk), used_by(0)) == (1, 8, 5, 0)


def test_a_file_that_is_gone_counts_for_nobody(creator: User) -> None:
    note("waiting/x", 1000, owner_id=creator.pk)
    forget("waiting/x")
    assert used_by(creator.pk) == 0


@pytest.mark.parametrize(
    ("used", "needed", "said"),
    [
        (0, 4096, ""),
        (1024, 3072, ""),
        (
            1024,
            3073,
            "This file has 3.0 KB. Your account uses 1.0 KB of 4.0 KB, so 3.0 KB are left: "
            "send a smaller file, or ask the operator for more room.",
        ),
        (4095, 0, ""),
        (4096, 0, "Your account uses 4.0 KB of 4.0 KB, so nothing is left. Ask the operator for more room."),
        (5000, 1, "Your account uses 4.9 KB of 4.0 KB, so nothing is left. Ask the operator for more room."),
    ],
)
def test_what_fits_and_what_is_said(settings: Settings, creator: User, used: int, needed: int, said: str) -> None:
    settings.ACCOUNT_BYTES = 4096
    if used:
        note("x", used, owner_id=creator.pk)
    if not said:
        require_room(creator.pk, needed, refuse=GenerationError)
        return
    with override("en"):
        error = refused(lambda: require_room(creator.pk, needed, refuse=GenerationError))
    assert (error.code, error.message.replace("\xa0", " "), error.permanent) == ("storage_full", said, True)


def test_nothing_is_the_same_as_no_bound(settings: Settings, creator: User) -> None:
    settings.ACCOUNT_BYTES = 0
    note("x", 2**50, owner_id=creator.pk)
    require_room(creator.pk, 2**50, refuse=GenerationError)


def test_a_full_account_asks_in_vain_and_nothing_is_stored(
    settings: Settings, make_job: MakeJob, creator: User, stranger: User
) -> None:
    earlier = make_job(idempotency_key="before")
    settings.ACCOUNT_BYTES = 1000
    note("x", 1000, owner_id=creator.pk)
    source = png(SOURCE + 1)
    begun = {"operation": "img2img", "source": source, "strength": 0.5, "width": None, "height": None}
    assert refused(make_job).code == "storage_full"
    assert refused(lambda: make_job(**begun)).code == "storage_full"
    import hashlib

    assert not default_storage.exists(key_of(hashlib.sha256(source).hexdigest(), "png"))
    assert (Job.objects.count(), used_by(creator.pk)) == (1, 1000)
    assert make_job(idempotency_key="before") == earlier
    assert make_job(owner=stranger).owner == stranger


def test_a_source_that_does_not_fit_is_refused_and_one_that_does_counts(
    settings: Settings, make_job: MakeJob, creator: User
) -> None:
    source = png(SOURCE)
    begun = {"operation": "img2img", "source": source, "strength": 0.5, "width": None, "height": None}
    settings.ACCOUNT_BYTES = len(source) - 1
    assert refused(lambda: make_job(**begun)).code == "storage_full"
    settings.ACCOUNT_BYTES = len(source)
    job = make_job(**begun)
    assert (used_by(creator.pk), StoredFile.objects.get().key) == (len(source), job.source)


def test_pictures_count_and_waiting_jobs_of_a_full_account_end(
    settings: Settings, make_job: MakeJob, creator: User
) -> None:
    first, second = make_job(), make_job(seed=8)
    settings.ACCOUNT_BYTES = 1
    assert render_next(only=first.pk) == 1
    output = first.outputs.get()
    assert used_by(creator.pk) == default_storage.size(output.blob)
    assert render_next(only=second.pk) == 1
    second.refresh_from_db()
    assert (second.status, second.error_code, second.outputs.count()) == ("failed", "storage_full", 0)


def test_every_file_that_is_written_is_counted() -> None:
    """Given a new place that writes files past the count, this names it."""
    allowed = {
        r"blobs\.put\(": {"generation/stored_files.py"},
        # Blobs; what waits for a report, counted there; copies an operator imports, which are nobody's.
        r"default_storage\.save\(": {"generation/blobs.py", "provenance/reports/ask.py", "similarity/kept_pictures.py"},
    }
    for pattern, places in allowed.items():
        found = {
            path.relative_to(ROOT).as_posix()
            for room in ("config", "generation", "provenance", "similarity")
            for path in (ROOT / room).rglob("*.py")
            if re.search(pattern, path.read_text())
        }
        assert found == places
