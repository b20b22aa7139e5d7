"""A file an artist gives as a work of theirs: read and compared first, then stored beside its record."""

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from similarity.encoder import encoder_fingerprint, load_encoder
from similarity.enrol import ArtistFacts, NewWork, enrol
from similarity.errors import SimilarityError
from similarity.fingerprint import image_code
from similarity.models import Artist, Embedding, Reference, WithdrawnWork
from similarity.pictures import Picture, decode
from similarity.same_picture import same_picture


@dataclass(frozen=True)
class Given:
    """A work ready to be stored; ``present`` is the reference that the very same file already is.

    There is no ``work`` where that reference has a vector of the encoder in force: nothing is missing.
    """

    work: NewWork | None
    encoder: str
    present: Reference | None = None


def read_given(data: bytes, *, artist: Artist, title: str = "", year: str = "", style: str = "") -> Given:
    """Everything slow about enrolling the picture in *data*, which is not kept; call it outside a transaction.

    A file that is known is read and compared again where it has no vector of the encoder in force, for without
    the picture nobody else can make one. Raises ``SimilarityError``: as ``decode`` and ``load_encoder``, or

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
        if Embedding.objects.filter(reference=present, encoder=encoder_fingerprint()).exists():
            return Given(None, "", present)
    picture = decode(data)
    if present is None:
        _check_unknown(picture, artist)
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
    return Given(work, encoder.fingerprint, present)


def store_given(given: Given, *, artist: Artist) -> tuple[Reference, bool]:
    """The reference, and whether this call added a vector of it: of two at once, one does.

    Raises ``work_of_another`` when somebody else was faster, or ``work_is_leaving``.
    """
    if given.work is None:
        assert given.present is not None
        return given.present, False
    added = enrol([given.work], encoder=given.encoder, by_artist=True)
    reference = Reference.objects.select_related("artist").get(sha256=given.work.sha256)
    _check_known(reference, artist)
    return reference, added.vectors == 1


def _check_unknown(picture: Picture, artist: Artist) -> None:
    """That a file which is not kept here is of no work that is, or that somebody else withdrew."""
    if WithdrawnWork.objects.filter(sha256=picture.sha256).exclude(artist=artist).exists():
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
