"""What a file says about itself, what of that is bound to it, and whether we know it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Everything the verify page, API and command show about one file. Nothing of it is kept."""

    verdict: str
    reasons: tuple[dict[str, str], ...]
    summary: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        raise NotImplementedError


def verify(data: bytes) -> Verification:
    """Read *data* as an uploaded file.

    Raises :class:`SimilarityError` (``not_an_image``, ``truncated``, …) when it is no image at all.
    """
    raise NotImplementedError
