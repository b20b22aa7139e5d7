"""Claims: who may make which, and how they are decided."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from provenance.artists.claim import claim_profile, give_up, propose_names
from provenance.artists.decide import decide, rulings_for
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim, ClaimDecision
from provenance.artists.wishes import set_mining, set_naming
from provenance.ledger.errors import LedgerError
from provenance.ledger.models import Event, PersonalValue
from provenance.ledger.verify import verify_ledger
from similarity.models import Artist


def test_an_approved_claim_lets_decide_for_the_artist(
    creator: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim = claim_of()

    assert (claim.status, claim.artist_name) == ("approved", "Claude Monet")
    assert Claim.objects.standing(creator, monet) == claim
    assert [event.kind for event in Event.objects.all()] == ["artist.claimed", "artist.claim_approved"]
    assert {event.subject for event in Event.objects.all()} == {str(monet.pk)}
    assert not verify_ledger().breaks


def test_names_and_evidence_stay_out_of_the_chain(creator: User, claim_of: Callable[..., Claim]) -> None:
    claim_of(aliases=["The Master of Giverny"], links=["https://example.org/monet"])

    chain = " ".join(f"{event.actor} {event.payload}" for event in Event.objects.all())
    assert all(event.actor.startswith("commitment:") for event in Event.objects.all())
    for word in ("rita", "Monet", "Giverny", "example.org", "site"):
        assert word not in chain
    assert PersonalValue.objects.get(name="evidence").value == "My site names this account."


def test_a_new_profile_is_made_when_its_claim_is_approved(
    creator: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim = claim_of(artist=None, name="Claude  Monet", born=1990, aliases=["C. Monet jr"], approved=False)
    assert Artist.objects.count() == 1

    decide(claim=claim, reviewer=reviewer, ruling="approve", reason="Another one of that name.")

    made = Artist.objects.exclude(pk=monet.pk).get()
    assert (made.slug, made.name, made.born, made.aliases) == ("claude-monet-2", "Claude Monet", 1990, ["C. Monet jr"])
    assert Claim.objects.standing(creator, made) is not None
    assert Claim.objects.standing(creator, monet) is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"evidence": "  "}, "evidence_required"),
        ({"evidence": "x" * 5001}, "evidence_too_long"),
        ({"links": ["ftp://example.org"]}, "bad_link"),
        ({"links": ["javascript:alert(1)"]}, "bad_link"),
        ({"links": ["https://[::1"]}, "bad_link"),
        ({"links": [f"https://example.org/{n}" for n in range(11)]}, "too_many_links"),
        ({"aliases": ["ab"]}, "name_too_short"),
        ({"aliases": ["莫"]}, "name_too_short"),
        ({"aliases": [f"Name Number {n}" for n in range(41)]}, "too_many_names"),
        ({"capacity": "fan"}, "bad_capacity"),
        ({"artist": None, "name": "\u200b"}, "name_required"),
        ({"artist": None, "name": "x" * 201}, "name_too_long"),
        ({"artist": None, "name": "Ann Other", "born": 1900, "died": 1800}, "bad_dates"),
    ],
)
def test_what_cannot_be_claimed(claim_of: Callable[..., Claim], fields: dict[str, object], code: str) -> None:
    with pytest.raises(ArtistError) as refused:
        claim_of(approved=False, **fields)

    assert refused.value.code == code
    assert (Claim.objects.count(), Event.objects.count()) == (0, 0)


def test_one_open_claim_per_person_and_five_waiting(
    creator: User, claim_of: Callable[..., Claim], reviewer: User
) -> None:
    first = claim_of(approved=False)
    with pytest.raises(ArtistError, match="already") as again:
        claim_of(approved=False)
    assert again.value.code == "already_claimed"

    for number in range(4):
        claim_of(artist=None, name=f"Somebody {number}", approved=False)
    with pytest.raises(ArtistError) as many:
        claim_of(artist=None, name="Somebody else", approved=False)
    assert many.value.code == "too_many_claims"

    decide(claim=first, reviewer=reviewer, ruling="refuse", reason="No link.")
    claim_of(approved=False)
    assert Claim.objects.count() == 6


def test_a_claim_sent_twice_is_one(creator: User, monet: Artist) -> None:
    asked = {"by": creator, "artist": monet, "evidence": "Mine.", "idempotency_key": "k"}
    first, second = claim_profile(**asked), claim_profile(**asked)  # type: ignore[arg-type]

    assert (first[0].pk, first[1]) == (second[0].pk, True)
    assert second[1] is False
    assert Event.objects.count() == 1


def test_a_waiting_claim_is_given_up_by_its_claimant_alone(
    creator: User, stranger: User, reviewer: User, claim_of: Callable[..., Claim]
) -> None:
    claim = claim_of(approved=False)
    with pytest.raises(ArtistError) as refused:
        give_up(claim, by=stranger)
    assert refused.value.code == "not_yours"

    give_up(claim, by=creator)
    with pytest.raises(ArtistError) as late:
        decide(claim=Claim.objects.get(), reviewer=reviewer, ruling="approve", reason="Late.")
    assert late.value.code == "already_decided"
    assert ClaimDecision.objects.count() == 0


def test_who_may_decide_what(
    creator: User, stranger: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim, own = claim_of(approved=False), claim_of(by=reviewer, approved=False)
    for about, by, ruling, reason, code in (
        (claim, stranger, "approve", "x", "not_a_reviewer"),
        (own, reviewer, "approve", "x", "own_claim"),
        (claim, reviewer, "bless", "x", "unknown_ruling"),
        (claim, reviewer, "approve", " ", "reason_required"),
        (claim, reviewer, "approve", "x" * 2001, "reason_too_long"),
        (claim, reviewer, "suspend", "x", "already_decided"),
        (claim, reviewer, "resume", "x", "already_decided"),
    ):
        with pytest.raises(ArtistError) as refused:
            decide(claim=about, reviewer=by, ruling=ruling, reason=reason)
        assert refused.value.code == code
    assert (ClaimDecision.objects.count(), Claim.objects.waiting().count()) == (0, 2)
    assert rulings_for(claim) == ["approve", "refuse"]


def test_one_claim_to_a_profile_is_in_force(
    creator: User, stranger: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    first, second = claim_of(), claim_of(by=stranger, approved=False)
    with pytest.raises(ArtistError) as taken:
        decide(claim=second, reviewer=reviewer, ruling="approve", reason="Better papers.")
    assert taken.value.code == "artist_taken"
    assert Claim.objects.get(pk=second.pk).status == "waiting"

    decide(claim=first, reviewer=reviewer, ruling="suspend", reason="Doubts.")
    decide(claim=Claim.objects.get(pk=second.pk), reviewer=reviewer, ruling="approve", reason="Better papers.")
    assert Claim.objects.standing(creator, monet) is None
    assert Claim.objects.standing(stranger, monet) == second
    with pytest.raises(ArtistError) as back:
        decide(claim=Claim.objects.get(pk=first.pk), reviewer=reviewer, ruling="resume", reason="They are fine.")
    assert back.value.code == "artist_taken"
    assert not verify_ledger().breaks


@pytest.mark.parametrize("lifted", [False, True])
def test_suspending_keeps_what_was_decided_unless_it_is_lifted(
    creator: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim], lifted: bool
) -> None:
    claim = claim_of()
    set_naming(monet, by=creator, naming="refuses")
    set_mining(monet, by=creator, mining="not_allowed")

    decide(claim=claim, reviewer=reviewer, ruling="suspend", reason="Doubts.", lift_wishes=lifted)

    monet.refresh_from_db()
    assert (monet.naming, monet.mining) == (("", "") if lifted else ("refuses", "not_allowed"))
    assert Event.objects.filter(kind="artist.wishes_lifted").count() == int(lifted)
    with pytest.raises(ArtistError) as refused:
        set_naming(monet, by=creator, naming="consents")
    assert refused.value.code == "not_your_profile"


def test_further_names_wait_for_a_reviewer(
    creator: User, stranger: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim_of()
    with pytest.raises(ArtistError) as refused:
        propose_names(by=stranger, artist=monet, aliases=["Oscar-Claude Monet"])
    assert refused.value.code == "not_your_profile"
    with pytest.raises(ArtistError) as known:
        propose_names(by=creator, artist=monet, aliases=["CLAUDE MONET", "клод моне"])
    assert known.value.code == "no_new_names"

    names, _new = propose_names(by=creator, artist=monet, aliases=["Oscar-Claude Monet", "莫奈"])
    monet.refresh_from_db()
    assert names.aliases == ["Oscar-Claude Monet"]
    assert "Oscar-Claude Monet" not in monet.aliases

    decide(claim=names, reviewer=reviewer, ruling="approve", reason="His full name.")
    monet.refresh_from_db()
    assert monet.aliases == ["莫奈", "モネ", "Клод Моне", "Oscar-Claude Monet"]
    assert rulings_for(Claim.objects.get(pk=names.pk)) == []


def test_decisions_are_written_once(claim_of: Callable[..., Claim]) -> None:
    claim_of()
    decision = ClaimDecision.objects.get()
    decision.reason = "Another one."
    for change in (decision.save, decision.delete, ClaimDecision.objects.all().delete):
        with pytest.raises(LedgerError):
            change()
    assert ClaimDecision.objects.get().reason == "The site does."
