"""Bind a story to an image, then read everything back before anybody may call it signed."""

from dataclasses import dataclass
from typing import Any

from provenance.credentials.manifest import Story


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signed file and what reading it back established.

    The fields after ``data`` are those a ``Credential`` row keeps.
    """

    data: bytes
    manifest_label: str
    manifest: dict[str, Any]
    signer: str
    certificate_sha256: str
    verdict: str
    sdk: str
    trust_list: str


def sign(image: bytes, *, media_type: str, story: Story) -> Signed:
    """Sign *image* and check the result.

    Raises :class:`CredentialError` with ``signer_*`` codes (see ``signer.py``), ``signing_failed``,
    ``timestamp_failed`` (not permanent), ``manifest_not_conformant``, ``read_back_failed``,
    ``pixels_changed`` or ``story_mismatch``. Nothing is written anywhere.
    """
    raise NotImplementedError
