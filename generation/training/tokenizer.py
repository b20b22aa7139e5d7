"""A small byte-level BPE of our own, in CLIP's form, so that `CLIPTokenizer` loads it."""

from __future__ import annotations

import json
import random

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from generation.training.captions import Odds, caption
from generation.training.pixels import Work

START, END, SUFFIX = "<|startoftext|>", "<|endoftext|>", "</w>"
# CLIP splits text into English clitics, runs of letters, single digits and runs of anything else
# (Radford et al. 2021, released tokenizer).
SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def learn(texts: list[str], size: int, length: int) -> CLIPTokenizer:
    """Learn at most `size` tokens; any byte can be written, so no prompt meets an unknown token."""
    learner = Tokenizer(models.BPE(end_of_word_suffix=SUFFIX))
    learner.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    budget = size - 2 * len(alphabet) - 2
    trainer = trainers.BpeTrainer(
        vocab_size=budget + len(alphabet), end_of_word_suffix=SUFFIX, initial_alphabet=alphabet, show_progress=False
    )
    learner.train_from_iterator(texts, trainer)
    merges = _merges(learner)[:budget]
    tokens = [*alphabet, *(letter + SUFFIX for letter in alphabet), *(a + b for a, b in merges), START, END]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=length)


def _merges(learner: Tokenizer) -> list[tuple[str, str]]:
    pairs = json.loads(learner.to_str())["model"]["merges"]
    return [tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ")) for pair in pairs]


def texts_for_learning(works: list[Work], subjects: list[list[str]], seed: int) -> list[str]:
    """Six captions of every work: what the model will read."""
    rng = random.Random(seed)
    return [caption(w, s, rng, Odds(empty=0.0)) for w, s in zip(works, subjects, strict=True) for _ in range(6)]
