"""An artist takes works out of the comparison; until the next maintenance run that can be taken back."""

import hashlib
import itertools
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provenance.artists.acting import acting_for
from provenance.artists.errors import ArtistError
from provenance.ledger.append import append
from similarity.models import Artist, Reference
from similarity.withdraw import ask_to_leave, call_back, clear_indexes, remove_leaving

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AT_ONCE = 200
# So many works can be named in one request; each is told of in the event.
MOST_NAMED = 200


def withdraw_works(artist: Artist, *, by: "User", works: Iterable[UUID]) -> list[Reference]:
    """Withdraw these *works*; those that were not withdrawn already.

    Raises ``ArtistError``: ``not_your_profile``, ``unknown_work``, ``too_many_works`` (nothing is withdrawn then).
    """
    return _withdraw(artist, by=by, works=named(works))


def withdraw_all(artist: Artist, *, by: "User") -> list[Reference]:
    """Withdraw every work there is of the artist, whoever brought it, and keep imports from bringing any back."""
    return _withdraw(artist, by=by, works=None)


def _withdraw(artist: Artist, *, by: "User", works: set[UUID] | None) -> list[Reference]:
    acting_for(by, artist)
    with transaction.atomic():
        mine = Reference.objects.filter(artist=artist)
        if works is None:
            Artist.objects.filter(pk=artist.pk).update(withdrawn_at=timezone.now())
        else:
            mine = mine.filter(pk__in=works)
            if mine.count() != len(works):
                raise ArtistError("unknown_work", _("This is no work of the artist, or it has gone already."))
        leaving = ask_to_leave(mine)
        if leaving or works is None:
            payload: dict[str, object] = {"count": len(leaving), "all": works is None}
            if works is not None:
                payload["references"] = sorted(str(work.pk) for work in leaving)
            append(
                key=f"withdrawal-asked:{uuid.uuid4()}",
                kind="artist.withdrawal_asked",
                subject=artist.pk,
                actor=by,
                payload=payload,
                personal={"name": artist.name},
            )
    return leaving


def take_back(artist: Artist, *, by: "User", works: Iterable[UUID] | None = None) -> list[Reference]:
    """Let *works* (all that are leaving, if None) stay after all.

    Raises ``ArtistError``: ``not_your_profile``, ``too_many_works``, ``already_gone`` when none of them is here now.
    """
    acting_for(by, artist)
    wanted = None if works is None else named(works)
    with transaction.atomic():
        mine = Reference.objects.filter(artist=artist)
        staying = call_back(mine if wanted is None else mine.filter(pk__in=wanted))
        if not staying:
            raise ArtistError("already_gone", _("It has gone already. You can enrol the work again."))
        append(
            key=f"withdrawal-undone:{uuid.uuid4()}",
            kind="artist.withdrawal_undone",
            subject=artist.pk,
            actor=by,
            payload={"count": len(staying)},
            personal={"name": artist.name},
        )
    return staying


def named(works: Iterable[UUID]) -> set[UUID]:
    """*works*, each once. Raises ``ArtistError`` ``too_many_works`` beyond ``MOST_NAMED``."""
    found = set(works)
    if len(found) > MOST_NAMED:
        sentence = _("At most %(most)d works can be named at once. Send them in parts, or ask for all.")
        raise ArtistError("too_many_works", sentence % {"most": MOST_NAMED}, field="references")
    return found


def remove_withdrawn() -> int:
    """The maintenance run: remove what was withdrawn, with all vectors, and index files that hold it; how many.

    Batch by batch, each with its events; killed anywhere, the next run goes on. Raises ``SimilarityError``
    when the store of vectors cannot be reached or written; the rows have gone then.
    """
    removed = 0
    while True:
        with transaction.atomic():
            gone = remove_leaving(at_most=AT_ONCE)
            for artist_id, works in itertools.groupby(sorted(gone, key=lambda work: work.artist), lambda w: w.artist):
                batch = list(works)
                ids = sorted(str(work.reference) for work in batch)
                append(
                    key=f"withdrawn:{hashlib.sha256(''.join(ids).encode()).hexdigest()}",
                    kind="artist.withdrawn",
                    subject=artist_id,
                    payload={"references": ids, "sha256": sorted(work.sha256 for work in batch)},
                    personal={"titles": sorted(work.title for work in batch)},
                )
        if not gone:
            break
        removed += len(gone)
    clear_indexes()
    return removed
