"""Which works may be taken: those in the public domain, unless somebody asks for more. Pure."""

import re
from collections.abc import Collection

from similarity.museums.attribution import PassedOver
from similarity.museums.record import Record

ANY, UNSTATED = "any", "unstated"
_FREE = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/publicdomain/"
    r"|(?:cc[ -]?0|cc[ -]?zero|creative commons (?:zero|0)|public[ -]?domain|in the public domain|pdm|pd)(?![a-z])"
    r"|publiek domein",
    re.IGNORECASE,
)


def is_free(record: Record) -> bool | None:
    """Whether the work is said to be in the public domain or under CC0; None when nothing is said."""
    if record.free is not None:
        return record.free
    return bool(_FREE.match(record.licence)) if record.licence else None


def check_licence(record: Record, *, wider: Collection[str] = ()) -> None:
    """Let the record pass or raise ``PassedOver``: ``not_public_domain`` or ``licence_unstated``.

    *wider* are licences taken besides: the beginning of what the export says (``CC BY``), in any case,
    ``unstated`` for works it says nothing about, ``any`` for all.
    """
    free = is_free(record)
    wanted = {text.casefold().strip() for text in wider}
    if free or ANY in wanted:
        return
    if free is None:
        if UNSTATED in wanted:
            return
        raise PassedOver("licence_unstated")
    if not any(text and _begins(record.licence.casefold(), text) for text in wanted - {UNSTATED}):
        raise PassedOver("not_public_domain")


def _begins(licence: str, wanted: str) -> bool:
    """``cc by`` is asked for by "CC BY" and "CC BY 4.0", not by "CC BY-NC"."""
    return re.match(re.escape(wanted) + r"(?![\w-])", licence) is not None
