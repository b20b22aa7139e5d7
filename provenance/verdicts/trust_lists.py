"""Keep trust lists, and say which one is in use."""

from functools import lru_cache

from django.db import transaction
from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError
from provenance.credentials.trust import TrustList
from provenance.credentials.trust_file import SIGNER, parse
from provenance.ledger.append import append
from provenance.verdicts.models import TrustListVersion


def active() -> TrustList:
    """The list of claim signers in use, for ``settings.TRUST_LIST_SOURCE``; empty when none is.

    Lists of the other kinds are never asked for here: their roots must not make a signer trusted.
    """
    row = TrustListVersion.objects.filter(kind=SIGNER, active=True).values_list("pk", "sha256").first()
    return _content(*row) if row else TrustList()


@lru_cache(maxsize=4)
def _content(pk: int, sha256: str) -> TrustList:
    row = TrustListVersion.objects.get(pk=pk)
    return TrustList(row.pem, sha256, row.count)


def use(data: bytes, *, kind: str, source: str) -> tuple[TrustListVersion, bool]:
    """Put the list *data* into use for *kind*; the row, and whether anything changed.

    Raises :class:`CredentialError` as :func:`parse`; the list in use then stays in use.
    """
    parsed = parse(data, kind=kind)
    with transaction.atomic():
        row, _made = TrustListVersion.objects.select_for_update().get_or_create(
            kind=kind,
            sha256=parsed.sha256,
            defaults={
                "source": source[:500],
                "form": parsed.form,
                "issued": parsed.issued,
                "count": parsed.count,
                "pem": parsed.pem,
            },
        )
        return row, _switch(row)


def use_again(*, kind: str, sha256: str) -> tuple[TrustListVersion, bool]:
    """Go back to a list that is kept, by the beginning of its SHA-256. Raises ``trust_list_unknown``."""
    with transaction.atomic():
        rows = list(TrustListVersion.objects.select_for_update().filter(kind=kind, sha256__startswith=sha256)[:2])
        if len(sha256) < 8 or len(rows) != 1:
            raise CredentialError(
                "trust_list_unknown", _("No single trust list of this kind begins with %(sha)s.") % {"sha": sha256}
            )
        return rows[0], _switch(rows[0])


def drop(*, kind: str) -> bool:
    """Use no list of *kind*; whether one was in use. It is kept."""
    with transaction.atomic():
        row = TrustListVersion.objects.select_for_update().filter(kind=kind, active=True).first()
        if row is None:
            return False
        TrustListVersion.objects.filter(pk=row.pk).update(active=False)
        _tell(kind, "")
        return True


def _switch(row: TrustListVersion) -> bool:
    if row.active:
        return False
    TrustListVersion.objects.filter(kind=row.kind, active=True).update(active=False)
    TrustListVersion.objects.filter(pk=row.pk).update(active=True)
    row.active = True
    _tell(row.kind, row.sha256)
    return True


def _tell(kind: str, sha256: str) -> None:
    from provenance.ledger.models import Event

    times = Event.objects.filter(kind="trust_list.used").count()
    append(
        key=f"trust-list:{kind}:{times}",
        kind="trust_list.used",
        subject=kind,
        payload={"sha256": sha256},
    )
