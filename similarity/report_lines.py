"""What commands share: results as JSON lines or sentences, errors with a code, file names of any bytes."""

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from similarity.errors import SimilarityError

# How Python holds the bytes of a file name that are no UTF-8 (PEP 383), and any other half of a pair.
_HALVES = re.compile("[\ud800-\udfff]")


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


def stopped(code: str, sentence: str, *, json_to: OutputWrapper | None = None) -> CommandError:
    """The end of a command that cannot go on. With ``--json`` the code also goes to standard output."""
    if json_to is not None:
        json_to.write(json_line({"error_code": code, "error": sentence}))
    return CommandError(readable(f"{code}: {sentence}"))


def command_error(error: SimilarityError, *, json_to: OutputWrapper | None = None) -> CommandError:
    """As ``stopped``, for an error of this engine."""
    return stopped(error.code, error.for_operator, json_to=json_to)


def report_refused(stderr: OutputWrapper, refused: list[tuple[str, SimilarityError]]) -> None:
    for file, error in refused:
        stderr.write(readable(f"{file}: {error.code}: {error.for_operator}"))


def unwritable(folder: Path) -> str:
    """Why nothing can be written into *folder*, or empty. Makes nothing: a folder that is missing could be made."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not there.is_dir():
        return f"{there} is not a folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} may not be written to"
