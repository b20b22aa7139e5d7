"""An artist gives a work of theirs to be compared with."""

import enum
import hashlib
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from idempotency.once import once
from provenance.artists.acting import acting_for
from provenance.artists.errors import ArtistError
from provenance.artists.models import Enrolment
from provenance.credentials.text import clean
from provenance.ledger.append import append
from similarity.models import Artist, Reference

if TYPE_CHECKING:
    from django.contrib.auth.models import User

STATEMENT = gettext_lazy(
    "I state that these works are the artist's, and that I may give them to be compared with. The pictures "
    "themselves are not kept: only their style vector, their fingerprint and the facts I give."
)
LONGEST_TITLE, LONGEST_YEAR = 500, 40


class Became(enum.StrEnum):
    """What came of a file that was given."""

    ENROLLED = "enrolled"
    VECTOR_ADDED = "vector_added"
    PRESENT = "present"


def enrol_work(
    data: bytes,
    *,
    artist: Artist,
    by: "User",
    stated: bool,
    title: str = "",
    year: str = "",
    idempotency_key: str | None = None,
) -> tuple[Enrolment, Became]:
    """Enrol the picture in *data* as a work of *artist*; and what came of it.

    Vector and image-code are computed here, while the asker waits. The very same file again answers the
    enrolment there is, and adds the vector of the encoder in force where the work has none: the operator may have
    changed it, and has no picture to make one from.

    Raises ``ArtistError``: ``not_your_profile``, ``statement_required``, ``title_too_long``, ``year_too_long``,
    ``bad_idempotency_key``, ``idempotency_conflict``; and ``SimilarityError`` as
    :func:`similarity.enrol_upload.read_given`.
    """
    claim = acting_for(by, artist)
    if not stated:
        raise ArtistError("statement_required", _("State that the works are the artist's."), field="statement")
    title, year = _line(title, LONGEST_TITLE, "title"), _line(year, LONGEST_YEAR, "year")
    sha256 = hashlib.sha256(data).hexdigest()
    request = once(
        mine=Enrolment.objects.filter(by_id=by.pk),
        key=idempotency_key,
        body={"artist": str(artist.pk), "image": sha256, "title": title, "year": year},
        refuse=ArtistError,
    )
    if (earlier := request.earlier()) is not None:
        return earlier, Became.PRESENT

    from similarity.enrol_upload import read_given, store_given

    given = read_given(data, artist=artist, title=title, year=year)
    if given.work is None and given.present is not None and (known := _enrolment_of(given.present)):
        return known, Became.PRESENT
    became = Became.ENROLLED

    def create() -> Enrolment:
        nonlocal became
        acting_for(by, artist)  # it may have been suspended meanwhile
        reference, added = store_given(given, artist=artist)
        if known := _enrolment_of(reference):
            became = Became.VECTOR_ADDED if added else Became.PRESENT
            return known
        enrolment = Enrolment.objects.create(
            claim=claim,
            by=by,
            reference=reference,
            artist_name=artist.name,
            title=reference.title,
            sha256=sha256,
            statement=str(STATEMENT),
            **request.columns,
        )
        append(
            key=f"enrolment:{enrolment.pk}",
            kind="artist.enrolled",
            subject=artist.pk,
            actor=by,
            payload={"claim": str(claim.pk), "reference": str(reference.pk), "sha256": sha256},
            personal={"name": artist.name, "title": reference.title, "statement": str(STATEMENT)},
        )
        return enrolment

    enrolment, made = request.make(create)
    return enrolment, became if made else Became.PRESENT


def _enrolment_of(reference: Reference) -> Enrolment | None:
    return Enrolment.objects.filter(reference=reference).first()


def _line(text: str, longest: int, field: str) -> str:
    line = " ".join(clean(text).split())
    if len(line) > longest:
        sentence = _("Keep it under %(most)d characters.") % {"most": longest}
        raise ArtistError(f"{field}_too_long", sentence, field=field)
    return line
