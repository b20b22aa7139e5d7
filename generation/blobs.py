"""Files by content: a blob's key is made from its SHA-256, so writing the same bytes twice is free.

A blob is complete or absent. On disk that needs a temporary name, fsync and rename, which Django's
own storage does not do; object stores (django-storages) give it by themselves.
"""

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.translation import gettext as _

from generation.errors import GenerationError


class DurableFileSystemStorage(FileSystemStorage):
    """A file appears under its name only when all of its bytes are on disk."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
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
