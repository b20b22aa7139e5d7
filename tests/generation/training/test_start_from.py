"""A run without a checkpoint begins from the weights that ship."""

import json
from pathlib import Path

import torch
from torch import nn
from transformers import CLIPTokenizer

from generation.training import runs
from generation.training.latents import SHIPPED, load_autoencoder
from generation.training.train_unet import taken_up
from generation.training.unet import build_text_encoder, build_unet

CONFIG = json.loads((Path(runs.__file__).parent / "configs" / "cpu.json").read_text(encoding="utf-8"))


def test_weights_and_samples_are_taken_up_from_a_saved_pipeline() -> None:
    tokenizer = CLIPTokenizer.from_pretrained(SHIPPED / "tokenizer")
    both = nn.ModuleDict({"unet": build_unet(CONFIG["unet"]), "text": build_text_encoder(CONFIG["unet"], tokenizer)})
    before = both.state_dict()["unet.conv_in.weight"].clone()

    samples = taken_up(SHIPPED, both)

    assert samples > 0
    after = both.state_dict()["unet.conv_in.weight"]
    assert after.dtype == torch.float32
    assert not torch.equal(after, before)


def test_the_autoencoder_that_ships_serves_where_none_was_trained(tmp_path: Path) -> None:
    run = runs.Run(CONFIG, tmp_path, tmp_path, tmp_path, torch.device("cpu"), 0.0)

    latent = load_autoencoder(run).encode(torch.zeros(1, 3, 64, 64)).latents

    assert latent.shape == (1, 4, 4, 4)
