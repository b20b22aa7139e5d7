"""The autoencoder: 256 px to a 4 x 32 x 32 latent whose first three channels are a small picture.

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


def build(config: Config) -> AutoencoderTiny:
    """A stock `AutoencoderTiny` with four levels."""
    width, decoder, encoder = config["width"], config["decoder_blocks"], config["encoder_blocks"]
    return AutoencoderTiny(
        encoder_block_out_channels=(config["encoder_width"],) * 4,
        decoder_block_out_channels=(width,) * 4,
        num_encoder_blocks=tuple(encoder),
        num_decoder_blocks=tuple(decoder),
        latent_channels=4,
        scaling_factor=1.0,
    )


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
