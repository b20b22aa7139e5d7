"""What the commands of this engine share: refused files on stderr, results as JSON lines or sentences."""

import json
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from similarity.errors import SimilarityError


def command_error(error: SimilarityError) -> CommandError:
    """The end of a command that cannot go on."""
    return CommandError(f"{error.code}: {error.for_operator}")


def report_refused(stderr: OutputWrapper, refused: list[tuple[str, SimilarityError]]) -> None:
    for file, error in refused:
        stderr.write(f"{file}: {error.code}: {error.for_operator}")


def json_line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False)
