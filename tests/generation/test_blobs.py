"""A file is complete or absent, and what a killed process left goes away by itself."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from pytest_django.fixtures import Settings

from generation import blobs
from generation.tasks import tidy


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "generation.blobs.DurableFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        },
    }
    return tmp_path / "media"


def _left(folder: Path, name: str, *, age: float) -> Path:
    path = folder / ".writing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_a_stored_file_leaves_nothing_else(folder: Path) -> None:
    key = blobs.put(b"a picture", "png")

    assert blobs.get(key) == b"a picture"
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [key]


def test_a_failed_write_leaves_nothing(folder: Path) -> None:
    class Broken(ContentFile):  # type: ignore[type-arg]
        def chunks(self, chunk_size: int | None = None) -> object:  # type: ignore[override]
            yield b"half"
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        blobs.DurableFileSystemStorage(location=folder).save("ab/cd/x.png", Broken(b"whole"))

    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_what_a_killed_process_left_is_removed_after_a_while_and_nothing_else(folder: Path) -> None:
    key = blobs.put(b"a picture", "png")
    os.utime(folder / key, (0, 0))
    old = _left(folder, ".writing-old", age=blobs.LEFT_BEHIND_SECONDS + 60)
    young = _left(folder, ".writing-young", age=blobs.LEFT_BEHIND_SECONDS - 60)

    assert tidy() == 1

    assert (old.exists(), young.exists(), (folder / key).exists()) == (False, True, True)
    assert tidy() == 0


def test_another_storage_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    left = _left(tmp_path, ".writing-old", age=blobs.LEFT_BEHIND_SECONDS + 60)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }

    assert tidy() == 0
    assert left.exists()


def test_tidying_is_rung_for(settings: Settings) -> None:
    assert settings.CELERY_TASK_ROUTES[tidy.name] == {"queue": "maintenance"}
    assert tidy.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
