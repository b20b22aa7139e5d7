import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.credentials.commitment import commit, new_salt, opens

WORDS = st.text(st.characters(exclude_categories=()), max_size=40)


def test_the_digest_can_be_computed_by_anybody_who_was_told() -> None:
    salt = bytes(range(32))
    expected = hashlib.sha256(b"org.colophon.prompt.v1\0" + salt + '["a fox «élan»","blur"]'.encode()).hexdigest()
    assert commit(prompt="a fox «élan»", negative_prompt="blur", salt=salt) == expected


@given(prompt=WORDS, negative=WORDS, other=WORDS)
def test_only_the_same_words_and_salt_open_it(prompt: str, negative: str, other: str) -> None:
    salt = new_salt()
    commitment = commit(prompt=prompt, negative_prompt=negative, salt=salt)
    assert opens(commitment, prompt=prompt, negative_prompt=negative, salt=salt)
    assert not opens(commitment, prompt=prompt, negative_prompt=negative, salt=new_salt())
    assert opens(commitment, prompt=other, negative_prompt=negative, salt=salt) == (other == prompt)
    # Words moved from one field to the other are other words.
    assert opens(commitment, prompt=prompt + negative, negative_prompt="", salt=salt) == (negative == "")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(prompt="a", negative_prompt="", salt=b"x" * size)
