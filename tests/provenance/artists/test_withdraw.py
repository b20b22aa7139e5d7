"""Withdrawn works leave with everything that finds them, and decisions keep their record."""

import threading
from collections.abc import Callable
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection

from provenance.artists.claim import claim_profile
from provenance.artists.decide import decide
from provenance.artists.enrol import enrol_work
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim, Enrolment
from provenance.artists.tasks import remove_withdrawn
from provenance.artists.withdraw import take_back, withdraw_all, withdraw_works
from provenance.ledger.models import Event
from provenance.ledger.verify import verify_ledger
from similarity import generations
from similarity.audit import audit_image
from similarity.encoder import Encoder
from similarity.enrol import ArtistFacts, NewWork, enrol
from similarity.errors import SimilarityError
from similarity.index import open_index
from similarity.models import Artist, Audit, Embedding, IndexChange, Reference, WithdrawnWork
from tests.similarity.conftest import encoded, painting, unit_rows


def enrolled(creator: User, monet: Artist, *seeds: int) -> list[Reference]:
    made = [
        enrol_work(encoded(painting(seed)), artist=monet, by=creator, stated=True, title=f"Work {seed}")[0]
        for seed in seeds
    ]
    return [enrolment.reference for enrolment in made if enrolment.reference]


def seen_by_another_encoder(works: list[Reference]) -> None:
    enrol(
        [
            NewWork(ArtistFacts(w.artist.slug, w.artist.name), w.sha256, bytes(w.fingerprint), unit_rows(i, 1, 8)[0])
            for i, w in enumerate(works)
        ],
        encoder="f" * 64,
    )


def test_one_maintenance_run_leaves_no_vector_and_no_index_that_finds_the_work(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    gone, stays = enrolled(creator, monet, 1, 2)
    seen_by_another_encoder([gone, stays])
    vector = tiny.embed([painting(1)])[0]
    index = open_index(encoder=tiny.fingerprint, dimension=tiny.dimension)
    assert index.nearest(vector, 1)[0].reference == gone.pk
    sha256, number = gone.sha256, gone.pk

    withdraw_works(monet, by=creator, works=[gone.pk])
    assert Reference.objects.count() == 2  # until the run, it can be taken back
    assert remove_withdrawn() == 1

    assert list(Reference.objects.values_list("pk", flat=True)) == [stays.pk]
    assert {row.reference_id for row in Embedding.objects.all()} == {stays.pk}
    assert IndexChange.objects.count() == 2
    after = open_index(encoder=tiny.fingerprint, dimension=tiny.dimension)
    assert [hit.reference for hit in after.nearest(vector, 5)] == [stays.pk]
    for path in generations.generations(tiny.fingerprint):
        for file in path.iterdir():
            assert number.bytes not in file.read_bytes(), f"{file} still names the work"
            assert np.asarray(vector).astype("<f2").tobytes() not in file.read_bytes()
    assert WithdrawnWork.objects.get().sha256 == sha256
    assert (remove_withdrawn(), Reference.objects.count()) == (0, 1)
    assert not verify_ledger().breaks


def test_audits_and_enrolments_keep_their_record(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    (work,) = enrolled(creator, monet, 1)
    audit = audit_image(encoded(painting(1)))
    audit.save()
    assert (audit.outcome, audit.artist) == ("copy", monet)

    withdraw_all(monet, by=creator)
    remove_withdrawn()
    monet.delete()

    kept = Audit.objects.get()
    assert (kept.artist, kept.artist_name, kept.outcome) == (None, "Claude Monet", "copy")
    assert kept.copy_of is not None
    assert (kept.copy_of["title"], kept.copy_of["artist"]) == ("Work 1", "Claude Monet")
    enrolment = Enrolment.objects.get()
    assert (enrolment.reference, enrolment.artist_name, enrolment.title) == (None, "Claude Monet", "Work 1")
    claim = Claim.objects.get()
    assert (claim.artist, claim.artist_name, claim.status) == (None, "Claude Monet", "approved")
    kinds = [event.kind for event in Event.objects.all()]
    assert kinds[-2:] == ["artist.withdrawal_asked", "artist.withdrawn"]
    assert Event.objects.get(kind="artist.withdrawn").payload["sha256"] == [work.sha256]
    assert not verify_ledger().breaks
    assert audit_image(encoded(painting(1))).outcome != "copy"


def test_a_withdrawal_is_taken_back_while_there_is_time(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    first, second = enrolled(creator, monet, 1, 2)
    assert withdraw_all(monet, by=creator) == [first, second]
    assert Artist.objects.filter(withdrawn_at__isnull=False).exists()

    assert take_back(monet, by=creator, works=[first.pk]) == [first]
    assert not Artist.objects.filter(withdrawn_at__isnull=False).exists()
    assert remove_withdrawn() == 1
    assert Reference.objects.get() == first
    with pytest.raises(ArtistError) as late:
        take_back(monet, by=creator, works=[second.pk])
    assert late.value.code == "already_gone"


def test_what_was_withdrawn_comes_back_by_no_import_but_by_its_artist(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    (work,) = enrolled(creator, monet, 1)
    withdraw_works(monet, by=creator, works=[work.pk])
    remove_withdrawn()
    facts = ArtistFacts("claude-monet", "Claude Monet")
    again = NewWork(facts, work.sha256, bytes(work.fingerprint), unit_rows(1, 1)[0])
    other = NewWork(facts, "0" * 64, bytes(32), unit_rows(2, 1)[0])

    added = enrol([again, other], encoder=tiny.fingerprint)
    assert (added.references, added.withdrawn, added.present) == (1, 1, 0)

    withdraw_all(monet, by=creator)
    remove_withdrawn()
    later = NewWork(facts, "1" * 64, bytes(32), unit_rows(3, 1)[0])
    assert enrol([later], encoder=tiny.fingerprint).withdrawn == 1
    assert Reference.objects.count() == 0

    enrolled(creator, monet, 1)
    assert enrol([later], encoder=tiny.fingerprint).references == 1


def test_what_one_artist_withdrew_is_nobody_elses(
    creator: User, stranger: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    other = Artist.objects.create(slug="edouard-manet", name="Édouard Manet")
    claim_of()
    claim_of(by=stranger, artist=other)
    (work,) = enrolled(creator, monet, 1)
    withdraw_works(monet, by=creator, works=[work.pk])
    with pytest.raises(SimilarityError) as leaving:
        enrolled(creator, monet, 1)
    assert leaving.value.code == "work_is_leaving"
    remove_withdrawn()

    with pytest.raises(SimilarityError) as refused:
        enrolled(stranger, other, 1)
    assert refused.value.code == "withdrawn_by_another"
    assert Reference.objects.count() == 0


def test_only_the_artist_withdraws_and_only_their_own(
    creator: User, stranger: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim], tiny: Encoder
) -> None:
    claim_of()
    (work,) = enrolled(creator, monet, 1)
    other = Artist.objects.create(slug="edouard-manet", name="Édouard Manet")
    claim_of(by=stranger, artist=other)
    for by, artist, works, code in (
        (stranger, monet, [work.pk], "not_your_profile"),
        (reviewer, monet, [work.pk], "not_your_profile"),
        (stranger, other, [work.pk], "unknown_work"),
        (creator, monet, [work.pk, uuid4()], "unknown_work"),
    ):
        with pytest.raises(ArtistError) as refused:
            withdraw_works(artist, by=by, works=works)
        assert refused.value.code == code
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()
    assert not Event.objects.filter(kind="artist.withdrawal_asked").exists()


@pytest.mark.django_db(transaction=True)
def test_a_work_that_goes_while_a_picture_is_compared(tiny: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an audit that has searched already, when the work found is removed meanwhile, then the audit ends whole."""
    creator, reviewer = User.objects.create_user("ada"), User.objects.create_superuser("rita")
    monet = Artist.objects.create(slug="claude-monet", name="Claude Monet")
    claim, _new = claim_profile(by=creator, artist=monet, evidence="Mine.")
    decide(claim=claim, reviewer=reviewer, ruling="approve", reason="Yes.")
    work, stays = enrolled(creator, monet, 1, 2)

    def remove() -> None:
        withdraw_works(monet, by=creator, works=[work.pk])
        remove_withdrawn()
        connection.close()

    searched = open_index

    def searching(**options: object) -> object:
        index = searched(**options)  # type: ignore[arg-type]
        thread = threading.Thread(target=remove)
        thread.start()
        thread.join()
        return index

    monkeypatch.setattr("similarity.audit.open_index", searching)
    audit = audit_image(encoded(painting(1)))
    audit.save()

    assert not Reference.objects.filter(pk=work.pk).exists()
    assert audit.outcome == Audit.Outcome.INSUFFICIENT_REFERENCES
    assert {near["reference"] for near in audit.works} == {str(stays.pk)}
    assert audit.copy_of is None
