"""What can be wrong with an operation: a stable code and a sentence. Pure: translation happens where it is shown."""

from collections.abc import Mapping
from typing import Any


def gettext_noop(text: str) -> str:
    """Mark *text* for the catalogue of translations; it stays as it is here."""
    return text


class OperationError(Exception):
    """``template % values`` is the sentence; ``field`` names the parameter at fault, if it is one."""

    def __init__(self, code: str, template: str, *, field: str = "", values: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.template = template
        self.values = dict(values or {})
        self.field = field
        super().__init__(template % self.values if self.values else template)
