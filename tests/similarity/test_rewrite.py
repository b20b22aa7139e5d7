import pytest

from similarity.artist_names import Known, all_named_in
from similarity.rewrite import without

MONET = Known("monet", ("Claude Monet", "莫奈", "モネ", "Клод Моне", "كلود مونيه", "모네"))
GOGH = Known("gogh", ("Vincent van Gogh",))


@pytest.mark.parametrize(
    ("prompt", "rewritten"),
    [
        ("a harbour at sunset in the style of Claude Monet, soft light", "a harbour at sunset, soft light"),
        ("Monet's garden at noon", "garden at noon"),
        ("lilies, painted by Monet", "lilies"),
        ("lilies, Monet-style, in rain", "lilies, in rain"),
        ("lilies à la Monet", "lilies"),
        ("stars by van Gogh and Monet", "stars"),
        ("van Gogh, Monet and a cat", "and a cat"),
        ("a garden (Monet) at noon", "a garden at noon"),
        ("lilies #ClaudeMonet", "lilies"),
        ("日落时的港口，莫奈风格", "日落时的港口"),
        ("莫奈的睡莲", "睡莲"),
        ("モネ風の庭", "庭"),
        ("сад в стиле Моне, вечер", "сад, вечер"),
        ("زنابق بأسلوب مونيه", "زنابق"),
        ("모네의 정원", "정원"),
        ("Claude Monet", ""),
        ("in the style of Monet", ""),
    ],
)
def test_a_prompt_loses_the_name_and_its_cue(prompt: str, rewritten: str) -> None:
    places = [(named.start, named.end) for named in all_named_in(prompt, [MONET, GOGH])]
    assert places
    assert without(prompt, places) == rewritten


def test_nothing_named_nothing_changed() -> None:
    assert without("a harbour, at sunset", []) == "a harbour, at sunset"
