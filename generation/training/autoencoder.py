"""The autoencoder: a picture to a latent of 4 channels and an eighth of its side, which begins with a small picture.

It is learnt at a factor of 8 and then doubled: 256 px and 128 px of the same picture have one latent, 4 x 16 x 16.
Channels 0-2 are pulled towards a low-passed luma and two colour differences, so that the diffusion model sees
natural, smooth images; channel 3 is free for the detail that the decoder cannot guess.
"""

from __future__ import annotations

import torch
from diffusers import AutoencoderTiny
from torch.nn import functional

from generation.training.runs import Config

FACTOR = 8
# Rows: luma, warm-cool, green-magenta: the three strongest colour directions of the training works (PCA of pixels),
# divided by the deviation of each, so that every latent channel has about the same size.
COLOUR = torch.tensor([[0.333, 0.333, 0.333], [0.5, 0.0, -0.5], [-0.25, 0.5, -0.25]])
COLOUR_SCALE = torch.tensor([2.1, 7.0, 16.0])
COLOUR_SHIFT = torch.tensor([-0.09, 0.12, 0.014])


def build(config: Config, *, double: bool = False) -> AutoencoderTiny:
    """A stock `AutoencoderTiny` with four levels, or five: of a `double` one the level more is at the picture's end."""
    width, decoder, encoder = config["width"], config["decoder_blocks"], config["encoder_blocks"]
    if double:
        encoder, decoder = [encoder[0], 0, *encoder[1:]], [*decoder[:-1], 1, decoder[-1]]
    return AutoencoderTiny(
        encoder_block_out_channels=(config["encoder_width"],) * len(encoder),
        decoder_block_out_channels=(width,) * len(decoder),
        num_encoder_blocks=tuple(encoder),
        num_decoder_blocks=tuple(decoder),
        latent_channels=4,
        scaling_factor=1.0,
    )


def factor_of(vae: AutoencoderTiny) -> int:
    """Pixels to a side of a latent's cell: 8, or 16 of a double one."""
    return int(2 ** (len(vae.config.block_out_channels) - 1))


def doubled(small: AutoencoderTiny, config: Config) -> AutoencoderTiny:
    """Twice the picture from the same latent: all layers of `small`, and a level more between them and the picture.

    Both sides of `small` must have no blocks at their outermost level, where the new one goes.
    """
    assert config["encoder_blocks"][0] == config["decoder_blocks"][-1] == 0
    large = build(config, double=True)
    for at, layer in enumerate(small.encoder.layers):
        large.encoder.layers[at + (at > 0)].load_state_dict(layer.state_dict())
    for at, layer in enumerate(small.decoder.layers[:-1]):
        large.decoder.layers[at].load_state_dict(layer.state_dict())
    large.decoder.layers[-1].load_state_dict(small.decoder.layers[-1].state_dict())
    return large


def thumbnail(pictures: torch.Tensor) -> torch.Tensor:
    """The target of latent channels 0-2. (n, 3, h, w) in -1 … 1 to (n, 3, h/8, w/8), about unit variance."""
    small = functional.avg_pool2d(pictures, FACTOR)
    matrix, shift, scale = (t.to(pictures.device) for t in (COLOUR, COLOUR_SHIFT, COLOUR_SCALE))
    return (torch.einsum("oc,nchw->nohw", matrix, small) - shift.view(1, 3, 1, 1)) * scale.view(1, 3, 1, 1)


def latent_losses(latent: torch.Tensor, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How far channels 0-2 are from the thumbnail, and how far channel 3 is from zero mean and unit size."""
    pull = (latent[:, :3] - thumbnail(pictures)).square().mean()
    detail = latent[:, 3]
    return pull, detail.mean().square() + (detail.std() - 1).square() + 0.1 * functional.relu(detail.abs() - 3).mean()
