"""Files by content: a blob's key is made from its SHA-256, so writing the same bytes twice is free.

A blob is complete or absent. On disk that needs a temporary name, fsync and rename, which Django's
own storage does not do; object stores (django-storages) give it by themselves.
"""

import contextlib
import errno
import hashlib
import os
import tempfile
import time
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.translation import gettext as _

from generation.errors import GenerationError

# Nothing is being written for this long: what lies there longer was left by a process that was killed.
LEFT_BEHIND_SECONDS = 3600.0


class DurableFileSystemStorage(FileSystemStorage):
    """A file appears under its name only when all of its bytes are on disk.

    Until then it lies in one folder, ``.writing`` (of the same disk, so that a rename moves it),
    where :meth:`sweep` finds what killed processes left.
    """

    def _save(self, name: str, content: "File[bytes]") -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        self._writing.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._writing, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
            sync_folder(target.parent)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return name

    @property
    def _writing(self) -> Path:
        return Path(self.location) / ".writing"

    def sweep(self) -> int:
        """Remove what was left half-written more than ``LEFT_BEHIND_SECONDS`` ago; how many files."""
        removed = 0
        for path in self._writing.glob(".writing-*"):
            with contextlib.suppress(FileNotFoundError):  # its writer has just finished
                if time.time() - path.stat().st_mtime > LEFT_BEHIND_SECONDS:
                    path.unlink()
                    removed += 1
        return removed


def sync_folder(folder: Path) -> None:
    """Make a rename in *folder* outlive a power cut: rows that name the file may be written next."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def key_of(sha256: str, suffix: str) -> str:
    """``ab/cd/<sha256>.<suffix>``"""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{suffix}"


def put(data: bytes, suffix: str) -> str:
    """Store *data* and return its key.

    Raises ``GenerationError`` (``disk_full``, passing) or ``OSError``, with nothing half-written.
    """
    key = key_of(hashlib.sha256(data).hexdigest(), suffix)
    try:
        if not default_storage.exists(key):
            default_storage.save(key, ContentFile(data))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GenerationError(
                "disk_full",
                _("There is no room left to store the pictures. Ask the operator to free some, then try again."),
                permanent=False,
            ) from error
        raise
    return key


def get(key: str) -> bytes:
    """The bytes under *key*. Raises ``FileNotFoundError``."""
    with default_storage.open(key, "rb") as f:
        return bytes(f.read())
