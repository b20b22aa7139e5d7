"""A file an artist gives as a work of theirs: read and compared first, then stored beside its record."""

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from similarity.encoder import load_encoder
from similarity.enrol import ArtistFacts, NewWork, enrol
from similarity.errors import SimilarityError
from similarity.fingerprint import image_code
from similarity.models import Artist, Reference, WithdrawnWork
from similarity.pictures import decode
from similarity.same_picture import same_picture


@dataclass(frozen=True)
class Given:
    """A work ready to be stored; ``present`` is the reference that the very same file already is."""

    work: NewWork | None
    encoder: str
    present: Reference | None = None


def read_given(data: bytes, *, artist: Artist, title: str = "", year: str = "", style: str = "") -> Given:
    """Everything slow about enrolling the picture in *data*, which is not kept; call it outside a transaction.

    Raises ``SimilarityError``: as ``decode`` and ``load_encoder``, or

    ``work_of_another``
        it is kept as a work of somebody else, in this file or another one of the same picture
    ``withdrawn_by_another``
        somebody else withdrew this very file
    ``same_work``
        another file of the same picture is among the artist's works
    ``work_is_leaving``
        it was withdrawn, and that can still be taken back
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if present := Reference.objects.filter(sha256=sha256).select_related("artist").first():
        _check_known(present, artist)
        return Given(None, "", present)
    picture = decode(data)
    if WithdrawnWork.objects.filter(sha256=sha256).exclude(artist=artist).exists():
        raise SimilarityError(
            "withdrawn_by_another",
            _("Another artist withdrew this work. If it is yours, tell the reviewers so."),
            field="image",
        )
    if same := same_picture(picture, Reference.objects.select_related("artist")):
        _check_known(same, artist)
        raise SimilarityError(
            "same_work",
            _("It is the same picture as “%(title)s”, which is among your works already.") % {"title": _title(same)},
            field="image",
        )
    encoder = load_encoder()
    work = NewWork(
        artist=ArtistFacts(artist.slug, artist.name),
        sha256=sha256,
        code=image_code(picture.rgb),
        vector=encoder.embed([picture.rgb])[0],
        title=title,
        year=year,
        style=style,
        source="artist",
    )
    return Given(work, encoder.fingerprint)


def store_given(given: Given, *, artist: Artist) -> tuple[Reference, bool]:
    """The reference, and whether it is new. Raises ``work_of_another`` when somebody else was faster."""
    if given.present is not None:
        return given.present, False
    assert given.work is not None
    added = enrol([given.work], encoder=given.encoder, by_artist=True)
    reference = Reference.objects.select_related("artist").get(sha256=given.work.sha256)
    _check_known(reference, artist)
    return reference, added.references == 1


def _check_known(work: Reference, artist: Artist) -> None:
    if work.artist_id != artist.pk:
        raise SimilarityError(
            "work_of_another",
            _("“%(title)s” is kept as a work of %(name)s. If it is yours, tell the reviewers so.")
            % {"title": _title(work), "name": work.artist.name},
            field="image",
        )
    if work.leaving_since:
        raise SimilarityError(
            "work_is_leaving",
            _("“%(title)s” was withdrawn and is about to go. Take the withdrawal back instead.")
            % {"title": _title(work)},
            field="image",
        )


def _title(work: Reference) -> str:
    return work.title or _("untitled")
