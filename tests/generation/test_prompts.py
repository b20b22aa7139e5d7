"""What request text may hold, and what it looks like afterwards."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import GenerationError
from generation.prompts import MAX_LENGTH, clean_negative_prompt, clean_prompt


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a harbour", "a harbour"),
        ("  a harbour\t", "a harbour"),
        ("a\nharbour\r\n\r\nat sunset", "a harbour at sunset"),
        ("a \t\n harbour", "a harbour"),
        ("a\u2028harbour\u0085here", "a harbour here"),
        ("cafe\u0301", "caf\u00e9"),
        ("夕阳下的港口", "夕阳下的港口"),
        ("שלום", "שלום"),
        ("👩‍👩‍👧 family", "👩‍👩‍👧 family"),
        ("a" * MAX_LENGTH, "a" * MAX_LENGTH),
        (" " * 5000 + "a", "a"),
    ],
)
def test_accepted(text: str, cleaned: str) -> None:
    assert clean_prompt(text) == cleaned
    assert clean_negative_prompt(text) == cleaned


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "prompt_empty"),
        (" \n\t ", "prompt_empty"),
        ("\u200b\u200d\ufeff", "prompt_empty"),
        ("a" * (MAX_LENGTH + 1), "prompt_too_long"),
        ("a" * 10_000, "prompt_too_long"),
        ("a\x00b", "prompt_control_characters"),
        ("a\x1b[31mb", "prompt_control_characters"),
        ("a\x7f", "prompt_control_characters"),
        ("a\x9fb", "prompt_control_characters"),
        ("a\x0bb", "prompt_control_characters"),
        ("a\ufffeb", "prompt_control_characters"),
        ("a\U0010ffffb", "prompt_control_characters"),
        ("a\ud800b", "prompt_not_unicode"),
        ("\udfff", "prompt_not_unicode"),
        (None, "prompt_not_unicode"),
        ("a \u202egnp.exe", "prompt_hidden_characters"),
        ("a \u2066b\u2069", "prompt_hidden_characters"),
        ("a\U000e0041\U000e0042", "prompt_hidden_characters"),
    ],
)
def test_refused(text: object, code: str) -> None:
    with pytest.raises(GenerationError) as caught:
        clean_prompt(text)

    assert (caught.value.code, caught.value.field, caught.value.permanent) == (code, "prompt", True)
    assert caught.value.message


@pytest.mark.timeout(20)
@pytest.mark.parametrize("run", [" ", " \n", "a ", "\u0315\u0300"])
def test_a_long_text_is_refused_in_no_time(run: str) -> None:
    with pytest.raises(GenerationError):
        clean_prompt("a" + run * 250_000 + "\x00")
    with pytest.raises(GenerationError):
        clean_prompt("a" + run * 250_000 + "a" * (MAX_LENGTH + 1))


@pytest.mark.parametrize("text", ["", "  \n", "\u200b"])
def test_a_negative_prompt_may_be_empty(text: str) -> None:
    assert clean_negative_prompt(text) == ""


def test_a_negative_prompt_is_refused_by_its_own_name() -> None:
    with pytest.raises(GenerationError) as caught:
        clean_negative_prompt("a\x00")

    assert (caught.value.code, caught.value.field) == ("prompt_control_characters", "negative_prompt")
    assert caught.value.message.startswith("The negative prompt")


# Composition can lengthen text: some characters have no composed form in NFC.
ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=60) | st.text(
    alphabet=" \t\n\r\u0085\u2028a\u0301\u0344\u202e\ud800\x00\u200b", max_size=30
)


@given(text=ANYTHING)
def test_text_is_refused_with_a_known_code_or_fit_to_be_signed(text: str) -> None:
    try:
        cleaned = clean_prompt(text)
    except GenerationError as error:
        cleaned, code = "refused", error.code
    else:
        code = "prompt_accepted"
    assert code.startswith("prompt_")
    assert 0 < len(cleaned) <= MAX_LENGTH
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip()
    assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
    assert cleaned.encode().decode() == cleaned


@given(text=ANYTHING)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        cleaned = clean_prompt(text)
    except GenerationError:
        return
    assert clean_prompt(cleaned) == cleaned
