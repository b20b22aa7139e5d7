"""What an artist decides: refusal, data mining, names; and that marks tell it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim
from provenance.artists.wishes import drop_name, of_person, set_mining, set_naming
from provenance.ledger.models import Event
from provenance.marking.profiles import profile
from provenance.works.mining import as_wished
from provenance.works.wish import Wish, look_ahead
from similarity.models import Artist
from tests.factories import make_version, make_work


def test_refusal_is_set_once_and_written_down(creator: User, monet: Artist, claim_of: Callable[..., Claim]) -> None:
    claim_of()
    for _time in range(2):
        set_naming(monet, by=creator, naming="refuses")

    monet.refresh_from_db()
    assert monet.naming == "refuses"
    assert monet.naming_since is not None
    assert [event.payload["naming"] for event in Event.objects.filter(kind="artist.refusal")] == ["refuses"]

    set_naming(monet, by=creator, naming="")
    assert Artist.objects.filter(naming="", naming_since=None).exists()


def test_only_whoever_decides_for_the_artist_may(
    creator: User, stranger: User, reviewer: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim_of(approved=False)
    for by in (creator, stranger, reviewer):
        for change, said in (
            (set_naming, {"naming": "refuses"}),
            (set_mining, {"mining": "allowed"}),
            (drop_name, {"name": "莫奈"}),
        ):
            with pytest.raises(ArtistError) as refused:
                change(monet, by=by, **said)
            assert refused.value.code == "not_your_profile"
    monet.refresh_from_db()
    assert (monet.naming, monet.mining, len(monet.aliases)) == ("", "", 3)


@pytest.mark.parametrize(
    ("mining", "text", "code"),
    [
        ("maybe", "", "bad_mining"),
        ("constrained", " ", "conditions_required"),
        ("allowed", "x" * 1001, "conditions_too_long"),
    ],
)
def test_wishes_that_say_nothing(
    creator: User, monet: Artist, claim_of: Callable[..., Claim], mining: str, text: str, code: str
) -> None:
    claim_of()
    with pytest.raises(ArtistError) as refused:
        set_mining(monet, by=creator, mining=mining, text=text)
    assert refused.value.code == code
    assert not Event.objects.filter(kind="artist.wishes").exists()


def test_a_name_is_dropped_at_once(creator: User, monet: Artist, claim_of: Callable[..., Claim]) -> None:
    claim_of()
    drop_name(monet, by=creator, name="клод МОНЕ")
    monet.refresh_from_db()
    assert monet.aliases == ["莫奈", "モネ"]
    with pytest.raises(ArtistError) as gone:
        drop_name(monet, by=creator, name="Oscar")
    assert gone.value.code == "unknown_name"


@pytest.mark.parametrize(
    ("mining", "text", "plus", "use"),
    [
        ("allowed", "", "DMI-ALLOWED", "allowed"),
        ("not_allowed", "", "DMI-PROHIBITED", "notAllowed"),
        ("constrained", "Ask my gallery.", "DMI-PROHIBITED-SEECONSTRAINT", "constrained"),
    ],
)
def test_marks_and_credentials_of_an_artists_pictures_tell_their_wish(
    creator: User,
    stranger: User,
    monet: Artist,
    claim_of: Callable[..., Claim],
    mining: str,
    text: str,
    plus: str,
    use: str,
) -> None:
    claim_of()
    set_mining(monet, by=creator, mining=mining, text=text)

    wished = as_wished(profile("plain"), maker=creator.pk)

    assert (wished.data_mining, wished.constraint) == (plus, text)
    assert set(wished.uses.values()) == {use}
    assert as_wished(profile("plain"), maker=stranger.pk) == profile("plain")


def test_an_export_of_the_artists_picture_says_so_beforehand(
    creator: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    version = make_version(work=make_work(owner=creator))
    before = {line.text for line in look_ahead(version, Wish(profile="plain")).writes}
    claim_of()
    set_mining(monet, by=creator, mining="not_allowed")

    after = {line.text for line in look_ahead(version, Wish(profile="plain")).writes}

    assert any("no data mining" in text for text in after - before)


def test_an_agents_own_pictures_are_not_the_artists(
    creator: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim_of(capacity="agent")
    set_mining(monet, by=creator, mining="not_allowed")
    assert of_person(creator.pk) is None


def test_of_two_wishes_the_strictest_counts(creator: User, monet: Artist, claim_of: Callable[..., Claim]) -> None:
    other = Artist.objects.create(slug="alter-ego", name="Alter Ego")
    claim_of()
    claim_of(artist=other)
    set_mining(monet, by=creator, mining="allowed")
    set_mining(other, by=creator, mining="constrained", text="Not for sale.")
    assert of_person(creator.pk) == ("DMI-PROHIBITED-SEECONSTRAINT", "Not for sale.")
