"""Whose files are kept here and how much room they take: every file that an account causes goes through :func:`keep`.

What lies on the disk counts, also where the row it was meant for was never written. The same bytes count
once for an account and again for another one. Requests that arrive together may pass the bound by what they
bring, and a job that was begun is finished.
"""

from django.conf import settings
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from generation import blobs
from generation.models import StoredFile
from idempotency.once import Refuse


def keep(data: bytes, suffix: str, *, owner_id: int) -> str:
    """Store *data* for an account and return its key. Raises as :func:`generation.blobs.put`."""
    key = blobs.put(data, suffix)
    note(key, len(data), owner_id=owner_id)
    return key


def note(key: str, size: int, *, owner_id: int) -> None:
    """The account has a file of *size* bytes under *key*; told twice, it counts once."""
    StoredFile.objects.bulk_create([StoredFile(owner_id=owner_id, key=key, bytes=size)], ignore_conflicts=True)


def forget(key: str) -> None:
    """The file is gone, whosever it was."""
    StoredFile.objects.filter(key=key).delete()


def used_by(owner_id: int) -> int:
    """Bytes of the account's files."""
    return StoredFile.objects.filter(owner_id=owner_id).aggregate(all=Sum("bytes"))["all"] or 0


def require_room(owner_id: int, needed: int = 0, *, refuse: Refuse) -> None:
    """Raise what *refuse* makes of ``storage_full`` when the account may not keep *needed* bytes more.

    Nothing may be kept by an account that is full, whatever is needed.
    """
    limit = settings.ACCOUNT_BYTES
    if not limit:
        return
    used = used_by(owner_id)
    left = max(0, limit - used)
    if left and needed <= left:
        return
    said = {"used": filesizeformat(used), "limit": filesizeformat(limit)}
    if left:
        sentence = _(
            "This file has %(size)s. Your account uses %(used)s of %(limit)s, so %(left)s are left: "
            "send a smaller file, or ask the operator for more room."
        )
        said |= {"size": filesizeformat(needed), "left": filesizeformat(left)}
    else:
        sentence = _("Your account uses %(used)s of %(limit)s, so nothing is left. Ask the operator for more room.")
    raise refuse("storage_full", sentence % said, field="")
