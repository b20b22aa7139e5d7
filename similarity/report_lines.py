"""What commands share: results as JSON lines or sentences, one way to fail, file names of any bytes."""

import base64
import json
import os
import re
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, OutputWrapper, SystemCheckError
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext as _

from similarity.errors import SimilarityError

# How Python holds the bytes of a file name that are no UTF-8 (PEP 383), and any other half of a pair.
_HALVES = re.compile("[\ud800-\udfff]")

UNFORESEEN = "internal_error"


def readable(text: str | Path) -> str:
    """*text* as it can be written anywhere: what is no Unicode is shown as U+FFFD."""
    return _HALVES.sub("\ufffd", str(text))


def file_facts(path: str | Path) -> dict[str, str]:
    """The JSON keys that name a file: ``file`` and, when its name is no UTF-8, its very bytes in base64."""
    name = str(path)
    if not _HALVES.search(name):
        return {"file": name}
    return {"file": readable(name), "file_base64": base64.b64encode(os.fsencode(name)).decode()}


def json_line(facts: dict[str, Any]) -> str:
    """One line of JSON that every reader takes, whatever the strings hold."""
    return readable(json.dumps(facts, ensure_ascii=False))


@runtime_checkable
class Coded(Protocol):
    """What the errors of every room have; errors of libraries have no ``permanent``."""

    code: str
    message: str
    permanent: bool


class Stopped(Exception):
    """The end of a command that cannot go on, or has not done all that was asked for."""

    permanent = True

    def __init__(self, code: str, message: str, *, returncode: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.returncode = returncode


class CodedCommand(BaseCommand):
    """A command whose errors, our own, the settings' and the database's, end it in one way.

    Standard error gets ``code: sentence`` by a ``CommandError``. With ``--json`` the last line of standard output is
    ``{"error_code", "error"}``, also where Django's checks or an error nobody foresaw end it.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Exception as error:
            code, sentence = _told(error)
            if options.get("json"):
                self.stdout.write(json_line({"error_code": code, "error": sentence}))
            if isinstance(error, CommandError) or code == UNFORESEEN:
                raise
            returncode = error.returncode if isinstance(error, Stopped) else 1
            raise CommandError(readable(f"{code}: {sentence}"), returncode=returncode) from error


def _told(error: Exception) -> tuple[str, str]:
    """Its code, and its sentence with what only the operator may read."""
    if isinstance(error, Coded):
        return error.code, getattr(error, "for_operator", error.message)
    if isinstance(error, OperationalError | ProgrammingError):
        sentence = _("Our own records cannot be asked: run manage.py migrate first.")
        return "database_unavailable", f"{sentence} {error}".strip()
    if isinstance(error, ImproperlyConfigured):
        return "badly_configured", str(error)
    if isinstance(error, SystemCheckError):
        return "checks_failed", str(error)
    return UNFORESEEN, f"{type(error).__name__}: {error}"


def report_refused(stderr: OutputWrapper, refused: list[tuple[str, SimilarityError]]) -> None:
    for file, error in refused:
        stderr.write(readable(f"{file}: {error.code}: {error.for_operator}"))


def unwritable(folder: Path) -> str:
    """Why nothing can be written into *folder*, or empty. Makes nothing: a folder that is missing could be made."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not there.is_dir():
        return f"{there} is not a folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} may not be written to"
