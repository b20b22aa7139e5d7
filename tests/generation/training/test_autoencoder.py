import json

import torch

from generation.training import autoencoder
from generation.training.latents import SHIPPED
from generation.training.train_autoencoder import halved
from tests.generation.training.test_start_from import CONFIG


def test_a_double_one_keeps_every_layer_and_draws_twice_the_picture() -> None:
    config = CONFIG["autoencoder"]
    small = autoencoder.build(config)
    large = autoencoder.doubled(small, config)
    assert (autoencoder.factor_of(small), autoencoder.factor_of(large)) == (8, 16)

    def weights(part: torch.nn.Module) -> list[bytes]:
        return [value.numpy().tobytes() for value in part.state_dict().values()]

    for side in ("encoder", "decoder"):
        assert set(weights(getattr(small, side))) < set(weights(getattr(large, side)))
    pictures = torch.rand(1, 3, 64, 96) * 2 - 1
    latent = small.encode(halved(pictures)).latents
    assert latent.shape == large.encode(pictures).latents.shape == (1, 4, 4, 6)
    assert large.decode(latent).sample.shape == pictures.shape


def test_what_ships_draws_its_native_size() -> None:
    passport = json.loads((SHIPPED / "passport.json").read_text(encoding="utf-8"))
    levels = json.loads((SHIPPED / "vae" / "config.json").read_text(encoding="utf-8"))["decoder_block_out_channels"]
    side = json.loads((SHIPPED / "unet" / "config.json").read_text(encoding="utf-8"))["sample_size"]
    assert passport["native_size"] == side * 2 ** (len(levels) - 1)
