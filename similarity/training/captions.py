"""Captions of works and the small vocabulary they are written in."""

from __future__ import annotations

import random
import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from similarity.training.data import Listed

START, END, PAD = "<|startoftext|>", "<|endoftext|>", "<|pad|>"

FORMS = (
    "{title}",
    "a painting of {title}",
    "a picture of {title}",
    "{title} by {artist}",
    "{title} by {artist}, {style}",
    "{title}, {style}",
    "a {style} painting of {title}",
    "{title} in the style of {artist}",
)
BARE_FORMS = ("a painting by {artist}", "{style}", "a {style} painting by {artist}", "{artist}")


def artist_name(slug: str) -> str:
    """``claude-monet`` as a person writes it, in lower case."""
    return slug.replace("-", " ")


def clean_title(title: str) -> str:
    """A title without years, copy numbers and brackets."""
    title = re.sub(r"\(.*?\)", " ", title)
    title = re.sub(r"\b(1[3-9]\d\d)s?\b", " ", title)
    title = re.sub(r"\s+\d{1,2}\s*$", " ", title)
    return re.sub(r"\s+", " ", title).strip() or "untitled"


def plain(work: Listed) -> str:
    """The title alone; what held-out captions are measured with."""
    return clean_title(work.title)


def draw(work: Listed, rng: random.Random) -> str:
    """A caption in a random form; one in eight has no title."""
    form = rng.choice(BARE_FORMS if rng.random() < 0.125 else FORMS)
    return form.format(title=clean_title(work.title), artist=artist_name(work.artist), style=work.style.lower())


def learn_vocabulary(works: list[Listed], *, size: int) -> Tokenizer:
    """Byte-level BPE on the captions of ``works``; end-of-text has the highest id, padding id 0.

    The text tower pools at the highest id, so the order of the special tokens matters.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - 2,
        special_tokens=[PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = [f.format(title=clean_title(w.title), artist=artist_name(w.artist), style=w.style)
             for w in works for f in FORMS]  # fmt: skip
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.add_special_tokens([START, END])
    start, end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, start), (END, end)]
    )
    return tokenizer


def save_vocabulary(tokenizer: Tokenizer, folder: Path, context_length: int) -> None:
    """Write the tokenizer files that ``open_clip.get_tokenizer("local-dir:...")`` reads."""
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=START,
        eos_token=END,
        pad_token=PAD,
        model_max_length=context_length,
    )
    wrapped.save_pretrained(str(folder))
