import pytest

from similarity.letters import fold, words_in


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Théodore GÉRICAULT", "theodore gericault"),
        ("Ｍｏｎｅｔ", "monet"),
        ("Mo\u200bn\u00ade\u2060t", "monet"),
        ("Łukasz Øst", "lukasz ost"),
        ("مُـحَمَّد", "محمد"),
        ("Άγγελος", "αγγελοσ"),
        ("ёлка", "елка"),
    ],
)
def test_what_does_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_and_where_they_stand() -> None:
    text = "Mo\u00adnet’s 莫奈, a_b"
    assert [(w.text, text[w.start : w.end]) for w in words_in(text)] == [
        ("monet", "Mo\u00adnet"),
        ("s", "s"),
        ("莫", "莫"),
        ("奈", "奈"),
        ("a", "a"),
        ("b", "b"),
    ]


def test_look_alikes_keep_their_own_text() -> None:
    (word,) = words_in("М\u043en\u0435t")
    assert word.text != "monet"
    assert word.look == "monet"


def test_voiced_syllables_stay_apart() -> None:
    assert [w.text for w in words_in("ゴコ")] == ["コ\u3099", "コ"]
    assert [w.text for w in words_in("ｺﾞ")] == ["コ\u3099"]
