"""The trust list: whose signatures are shown as *trusted*."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError
from provenance.credentials.trust_file import SIGNER, parse


@dataclass(frozen=True)
class TrustList:
    """Roots of claim signers, PEM. ``sha256`` is of the list as published; empty when there is none."""

    pem: str = ""
    sha256: str = ""
    count: int = 0


def load() -> TrustList:
    """The list to judge by now.

    ``settings.TRUST_LIST``, a file, when it is set; else whatever ``settings.TRUST_LIST_SOURCE`` (a dotted
    name: this package has no rows) answers. Raises :class:`CredentialError` as :func:`of_setting`.
    """
    if settings.TRUST_LIST or not settings.TRUST_LIST_SOURCE:
        return of_setting()
    found = import_string(settings.TRUST_LIST_SOURCE)()
    assert isinstance(found, TrustList)
    return found


def of_setting() -> TrustList:
    """The list in the file ``settings.TRUST_LIST``; an empty one without.

    Raises :class:`CredentialError`: ``trust_list_unreadable``, ``_empty`` or ``_wrong_kind``.
    """
    if not settings.TRUST_LIST:
        return TrustList()
    path = Path(settings.TRUST_LIST)
    try:
        return _parse(path.read_bytes())
    except (OSError, CredentialError) as error:
        raise CredentialError(
            getattr(error, "code", "trust_list_unreadable"),
            _("The trust list cannot be used: check COLOPHON_TRUST_LIST."),
            note=f"{path}: {error.strerror if isinstance(error, OSError) else error}",
        ) from None


@lru_cache(maxsize=2)
def _parse(data: bytes) -> TrustList:
    parsed = parse(data, kind=SIGNER)
    return TrustList(parsed.pem, parsed.sha256, parsed.count)
