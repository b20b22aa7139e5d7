"""Works come in by their artist's word, and by nobody else's."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from provenance.artists.decide import decide
from provenance.artists.enrol import STATEMENT, Became, enrol_work
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim, Enrolment
from provenance.ledger.models import Event, PersonalValue
from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Artist, Embedding, Reference
from tests.similarity.conftest import encoded, painting


def test_a_work_is_enrolled_with_vector_code_and_statement(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim = claim_of()
    enrolment, new = enrol_work(
        encoded(painting(1)), artist=monet, by=creator, stated=True, title=" Lilies ", year="1906"
    )

    work = Reference.objects.get()
    assert new is Became.ENROLLED
    assert (work.artist, work.title, work.year, len(bytes(work.fingerprint))) == (monet, "Lilies", "1906", 32)
    assert Embedding.objects.get().encoder == tiny.fingerprint
    assert (enrolment.reference, enrolment.claim, enrolment.statement) == (work, claim, str(STATEMENT))
    event = Event.objects.get(kind="artist.enrolled")
    assert event.payload["sha256"] == work.sha256
    assert PersonalValue.objects.get(event=event, name="title").value == "Lilies"


def test_the_same_file_again_is_the_same_enrolment(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    data = encoded(painting(1))
    asked = {"artist": monet, "by": creator, "stated": True}
    first, _ = enrol_work(data, **asked, idempotency_key="one")  # type: ignore[arg-type]
    for key in ("one", "two", None):
        again, new = enrol_work(data, **asked, idempotency_key=key)  # type: ignore[arg-type]
        assert (again.pk, new) == (first.pk, Became.PRESENT)
    assert (Reference.objects.count(), Event.objects.filter(kind="artist.enrolled").count()) == (1, 1)

    with pytest.raises(ArtistError) as conflict:
        enrol_work(encoded(painting(2)), **asked, idempotency_key="one")  # type: ignore[arg-type]
    assert conflict.value.code == "idempotency_conflict"


def test_a_work_an_operator_imported_becomes_the_artists_by_their_word(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    import hashlib

    data = encoded(painting(1))
    known = Reference.objects.create(
        artist=monet, title="Boats", sha256=hashlib.sha256(data).hexdigest(), fingerprint=bytes(32)
    )
    enrolment, new = enrol_work(data, artist=monet, by=creator, stated=True, title="Other")
    assert (enrolment.reference, enrolment.title, new) == (known, "Boats", Became.ENROLLED)
    assert Reference.objects.count() == 1


@pytest.mark.parametrize("same_file", [True, False])
def test_a_work_that_is_somebody_elses_is_answered_clearly(
    creator: User, stranger: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder, same_file: bool
) -> None:
    """Given Manet's work, then neither his file nor another file of the same picture becomes Monet's."""
    manet = Artist.objects.create(slug="edouard-manet", name="Édouard Manet")
    claim_of()
    claim_of(by=stranger, artist=manet)
    enrol_work(encoded(painting(1)), artist=manet, by=stranger, stated=True, title="Bar")

    data = encoded(painting(1)) if same_file else encoded(painting(1), "JPEG", quality=80)
    with pytest.raises(SimilarityError) as refused:
        enrol_work(data, artist=monet, by=creator, stated=True)

    assert refused.value.code == "work_of_another"
    assert "Bar" in refused.value.message
    assert "Édouard Manet" in refused.value.message
    assert (Reference.objects.count(), Enrolment.objects.count()) == (1, 1)


def test_another_file_of_ones_own_work_is_a_duplicate(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    enrol_work(encoded(painting(1)), artist=monet, by=creator, stated=True)
    with pytest.raises(SimilarityError) as refused:
        enrol_work(encoded(painting(1), "JPEG", quality=80), artist=monet, by=creator, stated=True)
    assert refused.value.code == "same_work"
    assert Reference.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stated": False}, "statement_required"),
        ({"title": "x" * 501}, "title_too_long"),
        ({"year": "x" * 41}, "year_too_long"),
        ({"data": b"no picture"}, "not_an_image"),
        ({"data": b""}, "file_empty"),
    ],
)
def test_what_cannot_be_enrolled(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder, fields: dict[str, object], code: str
) -> None:
    claim_of()
    asked = {"data": encoded(painting(1)), "stated": True, **fields}
    with pytest.raises((ArtistError, SimilarityError)) as refused:
        enrol_work(asked.pop("data"), artist=monet, by=creator, **asked)  # type: ignore[arg-type]
    assert getattr(refused.value, "code", "") == code
    assert (Reference.objects.count(), Enrolment.objects.count()) == (0, 0)


def test_without_a_claim_in_force_nothing_is_enrolled(
    creator: User, stranger: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim = claim_of()
    decide(claim=claim, reviewer=reviewer, ruling="suspend", reason="Doubts.")
    for by in (creator, stranger, reviewer):
        with pytest.raises(ArtistError) as refused:
            enrol_work(encoded(painting(1)), artist=monet, by=by, stated=True)
        assert refused.value.code == "not_your_profile"
    assert Reference.objects.count() == 0
