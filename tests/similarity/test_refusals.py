import pytest
from django.utils import translation

from similarity.models import Artist
from similarity.refusals import refusal_of_picture, refusal_of_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> None:
    translation.activate("en")


def refusing(name: str, *aliases: str) -> Artist:
    return Artist.objects.create(
        slug=name.lower().replace(" ", "-"), name=name, aliases=list(aliases), naming="refuses"
    )


def test_nobody_refuses_nothing_is_asked(django_assert_num_queries: pytest.FixtureRequest) -> None:
    Artist.objects.create(slug="monet", name="Claude Monet")
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert refusal_of_prompt("by Claude Monet") is None
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert refusal_of_picture(b"not even a picture") is None


def test_two_names_are_told_and_taken_out() -> None:
    refusing("Claude Monet", "莫奈")
    refusing("Vincent van Gogh")
    refusal = refusal_of_prompt("stars over lilies, by van Gogh and Monet")
    assert refusal is not None
    assert refusal.artists == ("Claude Monet", "Vincent van Gogh")
    assert refusal.sentence.startswith("Claude Monet and Vincent van Gogh do not want pictures")
    assert refusal.rewrite == "stars over lilies"


def test_only_the_refusing_ones_name_is_taken_out() -> None:
    refusing("Claude Monet")
    Artist.objects.create(slug="gogh", name="Vincent van Gogh")
    refusal = refusal_of_prompt("stars by van Gogh, lilies by Monet")
    assert refusal is not None
    assert (refusal.artists, refusal.rewrite) == (("Claude Monet",), "stars by van Gogh, lilies")


def test_a_family_name_of_two_artists_names_neither() -> None:
    refusing("Vladimir Makovsky")
    Artist.objects.create(slug="konstantin", name="Konstantin Makovsky")
    assert refusal_of_prompt("a portrait by Makovsky") is None
    assert refusal_of_prompt("a portrait by Vladimir Makovsky") is not None


def test_a_broken_list_of_aliases_stops_nobody() -> None:
    artist = refusing("Claude Monet")
    artist.aliases = {"not": "a list"}
    artist.save()
    assert refusal_of_prompt("lilies") is None
    assert refusal_of_prompt("Monet") is not None
