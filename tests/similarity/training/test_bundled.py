"""The shipped folder: it loads offline through open_clip and embeds the same every time."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from similarity import readout
from similarity.training import captions, views
from similarity.training.data import read_split, read_works
from similarity.training.export import BUNDLED, sha256

NAME = f"local-dir:{BUNDLED}"


def no_network(*_: object) -> None:
    """Stands in for ``socket.connect``."""
    raise AssertionError("loading the bundled model must not ask the network")


@pytest.fixture(scope="module")
def model() -> Iterator[Any]:
    """The model in evaluation mode and its preprocessing, loaded with the network out of reach."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.socket.connect", no_network)
        built, _, preprocess = open_clip.create_model_and_transforms(NAME)
        yield built.eval(), preprocess


def test_folder_embeds_pictures_and_words_deterministically(model: Any) -> None:
    """Two passes give the same finite vectors of the size the passport says."""
    built, preprocess = model
    passport = json.loads((BUNDLED / "passport.json").read_text(encoding="utf-8"))
    noise = np.random.default_rng(0).integers(0, 255, (100, 150, 3), np.uint8)
    picture = preprocess(Image.fromarray(noise))[None]
    tokens = open_clip.get_tokenizer(NAME)(["a painting of ships in a storm", "Ships"])
    with torch.inference_mode():
        first, again = built.encode_image(picture), built.encode_image(picture)
        words = built.encode_text(tokens)
    assert first.shape == (1, passport["embed_dim"])
    assert words.shape == (2, passport["embed_dim"])
    assert torch.isfinite(first).all()
    assert torch.equal(first, again)


def test_tokens_start_end_and_pad_as_the_text_tower_expects() -> None:
    """End-of-text has the highest id, whatever the case, and survives a caption that is cut off."""
    tokenizer = open_clip.get_tokenizer(NAME)
    config = json.loads((BUNDLED / "open_clip_config.json").read_text(encoding="utf-8"))
    text = config["model_cfg"]["text_cfg"]
    short, upper, long = tokenizer(["a river", "A RIVER", "a river " * 50]).tolist()
    assert short == upper
    assert len(short) == len(long) == text["context_length"]
    assert max(short) == max(long) == text["vocab_size"] - 1
    assert short[-1] == 0


def test_passport_tells_the_truth() -> None:
    """Hashes, counts and crops agree with the files beside it."""
    passport = json.loads((BUNDLED / "passport.json").read_text(encoding="utf-8"))
    split, works = read_split(), read_works()
    trained = sum(work.artist in set(split.train) for work in works)
    assert f"trained on {trained:,} public-domain works by 96 artists" in passport["training_statement"]
    assert passport["weights_sha256"] == sha256(BUNDLED / passport["weights"])
    assert passport["readout_sha256"] == sha256(BUNDLED / passport["readout"])
    assert passport["crops"]["boxes"] == [list(box) for box in views.CROPS]
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) < 30_000_000


def test_readout_fits_the_embedding() -> None:
    """The readout takes the embedding's dimension and was fitted on these weights."""
    passport = json.loads((BUNDLED / "passport.json").read_text(encoding="utf-8"))
    fitted, facts = readout.load(BUNDLED / "readout.safetensors")
    assert fitted.mean.shape == (passport["embed_dim"],)
    assert fitted.projection.shape[0] == passport["embed_dim"]
    assert facts["weights_sha256"] == passport["weights_sha256"]


def test_titles_are_cleaned() -> None:
    """Years, copy numbers and brackets are no part of what a picture shows."""
    assert captions.clean_title("news depot cos cob 1912") == "news depot cos cob"
    assert captions.clean_title("allegro sonata of the sea 1908(1)") == "allegro sonata of the sea"
    assert captions.clean_title("1890") == "untitled"


@pytest.mark.shared
def test_shared_archive_matches_the_works_list(shared: Path) -> None:
    """The first works of the archive have the SHA-256 that the list says."""
    archive = shared / "data" / "art.zip"
    if not archive.exists():
        pytest.skip("../shared/data/art.zip is not beside this checkout")
    with zipfile.ZipFile(archive) as bundle:
        for work in read_works()[:50]:
            assert hashlib.sha256(bundle.read(work.file)).hexdigest() == work.sha256
