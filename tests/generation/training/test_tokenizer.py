"""The tokenizer writes any text and reads it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from generation.training.tokenizer import learn

TEXTS = ["a harbour at sunset", "portrait of a woman by rembrandt", "winter landscape in the style of monet"] * 20


@pytest.fixture(scope="module")
def small() -> CLIPTokenizer:
    return learn(TEXTS, 700, 32)


@pytest.mark.parametrize("text", ["a harbour at sunset", "portrait of monet", "zebra", "冬の風景", "ж"])
def test_round_trip(small: CLIPTokenizer, text: str) -> None:
    ids = small(text).input_ids
    assert ids[0] == small.bos_token_id
    assert ids[-1] == small.eos_token_id
    assert small.unk_token_id not in ids[1:-1]
    assert small.decode(ids, skip_special_tokens=True).replace(" ", "") == text.replace(" ", "")


def test_case_does_not_matter(small: CLIPTokenizer) -> None:
    assert small("Portrait of MONET").input_ids == small("portrait of monet").input_ids


def test_prompts_are_padded_and_cut_to_32(small: CLIPTokenizer) -> None:
    ids = small(["a", "sunset " * 80], padding="max_length", truncation=True).input_ids
    assert [len(row) for row in ids] == [32, 32]


def test_saved_and_loaded_it_is_the_same(small: CLIPTokenizer, tmp_path: Path) -> None:
    small.save_pretrained(tmp_path)
    again = CLIPTokenizer.from_pretrained(tmp_path)
    assert again(TEXTS[1]).input_ids == small(TEXTS[1]).input_ids
    assert again.model_max_length == 32
