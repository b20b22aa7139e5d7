import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from provenance.credentials.text import clean

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
ANYTHING = st.text(st.characters(exclude_categories=()))


@given(ANYTHING, st.booleans())
def test_nothing_invisible_or_controlling_is_left(text: str, lines: bool) -> None:
    left = clean(text, lines=lines)
    allowed = {"\n", "\t"} if lines else set()
    for character in left:
        assert unicodedata.category(character) not in ("Cc", "Cs") or character in allowed
        assert not 0xE0000 <= ord(character) <= 0xE007F
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
    left.encode()


@given(ANYTHING, st.booleans())
def test_cleaning_twice_changes_nothing_more(text: str, lines: bool) -> None:
    assert clean(clean(text, lines=lines), lines=lines) == clean(text, lines=lines)


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_ordinary_text_in_any_script_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_line_breaks_become_spaces_or_line_feeds() -> None:
    assert clean("a\r\nb\rc\td\u2028e") == "a b c d e"
    assert clean("a\r\nb\rc\td\u2028e", lines=True) == "a\nb\nc\td\ne"


def test_families_and_flags_of_emoji_survive_but_hidden_tags_do_not() -> None:
    assert clean("👩‍👩‍👧 🇮🇹") == "👩‍👩‍👧 🇮🇹"
    assert clean("fox\U000e0066\U000e006f\u202egpj.") == "foxgpj."
