"""The trust list: whose signatures are shown as *trusted*."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError


@dataclass(frozen=True)
class TrustList:
    """Roots of claim signers, PEM. ``sha256`` is of the file; empty when there is no list."""

    pem: str = ""
    sha256: str = ""
    count: int = 0


def load() -> TrustList:
    """Read ``settings.TRUST_LIST``. Raises :class:`CredentialError` ``trust_list_unreadable``.

    The SDK passes over PEM it cannot read without a word, so it is checked here.
    """
    if not settings.TRUST_LIST:
        return TrustList()
    path = Path(settings.TRUST_LIST)
    try:
        return _parse(path.read_bytes())
    except (OSError, ValueError):
        raise CredentialError(
            "trust_list_unreadable",
            _("The trust list is not a readable PEM bundle: check COLOPHON_TRUST_LIST."),
            note=str(path),
        ) from None


@lru_cache(maxsize=2)
def _parse(data: bytes) -> TrustList:
    count = len(x509.load_pem_x509_certificates(data))
    return TrustList(data.decode(), hashlib.sha256(data).hexdigest(), count)
