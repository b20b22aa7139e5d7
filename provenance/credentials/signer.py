"""The configured certificate chain and key: loaded, checked, and turned into the SDK's signer."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class SignerFacts:
    """What an operator may know of the signer. ``not_after`` is aware, in UTC."""

    common_name: str
    certificate_sha256: str
    not_before: datetime
    not_after: datetime
    development: bool


def check_signer() -> SignerFacts:
    """Load and check what ``SIGNER_CHAIN`` and ``SIGNER_KEY`` name, without signing anything.

    Raises :class:`CredentialError` with one of ``signer_missing``, ``signer_unreadable``,
    ``signer_mismatch``, ``signer_expired``, ``signer_not_yet_valid``, ``signer_unsuitable``.
    """
    raise NotImplementedError
